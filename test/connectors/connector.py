# SPDX-License-Identifier: Apache-2.0
"""Runs a connector in a Java process of its own and collects what it delivers.

    connector = Connector(DEBEZIUM, tmp_path, {"name": …})
    connector.start(); connector.wait_for(3); connector.stop()
    connector.records                  # of all runs; the offsets survive in tmp_path
"""
import json
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from freshet_server import REPOSITORY, wait_until

JARS = REPOSITORY / "build" / "tools" / "connectors"
SOURCES = Path(__file__).resolve().parent / "java"
# A small heap and the quick compiler only: these processes live for seconds, several at once.
JVM = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
       "-XX:+DisplayVMOutputToStderr",  # what the machine itself has to say is not one of our lines
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
       "-Dorg.slf4j.simpleLogger.log.io.debezium.connector.mongodb.MongoDbStreamingChangeEventSource=info",
       "-Dorg.slf4j.simpleLogger.log.com.mongodb.kafka.connect.source=info"]
DELIVERY_TIMEOUT_S = float(os.environ.get("FRESHET_DELIVERY_TIMEOUT_S", "60"))


@dataclass(frozen=True)
class Kind:
    """Which connector: the folder of its jars; the program that runs it and what that needs besides Report."""
    jars: Path
    runner: str
    helpers: tuple = ()

    def compile(self, classes):
        """Raises subprocess.CalledProcessError."""
        sources = [str(SOURCES / f"{name}.java") for name in ("Report", *self.helpers, self.runner)]
        subprocess.run(["javac", "-proc:none", "-cp", f"{self.jars}/*", "-d", str(classes), *sources], check=True)


DEBEZIUM = Kind(JARS / "debezium", "DebeziumRunner", ("AtomicFileOffsets",))
KAFKA = Kind(JARS / "kafka", "KafkaRunner")


class Connector:
    """One connector with its properties and stored offsets. It may run many times, one after the other."""

    def __init__(self, kind, classes, folder, properties):
        self.kind = kind
        self.classes = classes
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.properties = properties
        self.records = []
        self.error = None
        self.process = None
        self._runs = 0

    @property
    def offsets(self):
        return self.folder / "offsets"

    @property
    def log(self):
        """What it logged since its last start."""
        return (self.folder / f"log{self._runs}").read_text(errors="replace")

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, **changed):
        """Starts it where its offsets say. Changed properties have `_` for `.`."""
        assert not self.running
        self.properties |= {name.replace("_", "."): value for name, value in changed.items()}
        settings = self.folder / "properties"
        settings.write_text("".join(f"{name}={escape(value)}\n" for name, value in self.properties.items()))
        self.error = None
        self._runs += 1
        with open(self.folder / f"log{self._runs}", "wb") as log:
            self.process = subprocess.Popen(
                JVM + ["-cp", f"{self.kind.jars}/*:{self.classes}", self.kind.runner, str(settings)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        return self

    def stop(self):
        """Tells it to stop and waits until it did, with its offsets stored. Its error, or None."""
        self.process.stdin.close()
        return self.ended()

    def ended(self):
        """Waits until it ends by itself. Its error, or None."""
        self.process.wait(DELIVERY_TIMEOUT_S)
        self._reader.join()
        return self.error

    def kill9(self):
        if self.running:
            self.process.kill()
            self.process.wait()
            self._reader.join()

    def wait_for(self, count):
        """The records when there are `count` of them. Raises TimeoutError with what came."""
        def there():
            assert len(self.records) >= count or self.running, f"it ended: {self.error}\n{self.log[-3000:]}"
            return len(self.records) >= count
        try:
            wait_until(there, DELIVERY_TIMEOUT_S, what=f"{count} records")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; came: {self.records}\n{self.log[-3000:]}") from None
        return self.records

    def wait_until_logged(self, text):
        wait_until(lambda: text in self.log, DELIVERY_TIMEOUT_S, what=f"'{text}' in the log")

    def _read(self, process):
        for text in process.stdout:
            if not text.endswith("\n"):
                break  # it was killed in the middle of it
            line = json.loads(text)
            if "stopped" in line:
                self.error = line["error"]
            else:
                self.records.append(line)
        process.stdout.close()


def escape(value):
    """As the values of a Java properties file are written."""
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")
