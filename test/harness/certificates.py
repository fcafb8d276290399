# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the tests' own, made by the openssl program."""
import ssl
import subprocess


class Authority:
    """Files lie in `directory`, which must be there."""

    def __init__(self, directory):
        self.directory = directory
        self.file = directory / "ca.pem"
        self._key = directory / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=Freshet tests", "-keyout", self._key, "-out", self.file)

    def issue(self, name, password=None):
        """A PEM file with key and certificate for localhost and 127.0.0.1."""
        key, request, pem = (self.directory / f"{name}.{suffix}" for suffix in ("key", "csr", "pem"))
        extensions = self.directory / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        secrecy = ["-passout", f"pass:{password}"] if password else ["-nodes"]
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *secrecy, "-subj", f"/CN={name}",
                 "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-days", "2",
                 "-extfile", extensions, "-out", pem)
        pem.write_text(key.read_text() + pem.read_text())
        return pem

    def context(self, certificate=None):
        """For a client that trusts this authority."""
        context = ssl.create_default_context(cafile=self.file)
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(certificate)
        return context


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
