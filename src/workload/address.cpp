// SPDX-License-Identifier: Apache-2.0
#include "workload/address.h"

#include <charconv>
#include <optional>

#include "base/error.h"

namespace freshet::workload {
namespace {

constexpr std::string_view kScheme = "mongodb://";

/// Both sides of the first `mark`; without one, all of it and nothing.
std::pair<std::string_view, std::string_view> split(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) raise(ErrorCode::InvalidOptions, "'{}' in the URI is not percent-encoded", text);
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return out;
}

bool boolean(std::string_view name, std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  raise(ErrorCode::InvalidOptions, "expected true or false in '{}' of the URI, found '{}'", name,
        value);
}

void read_port(ServerAddress& address, std::string_view text) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, address.port);
  if (error == std::errc() && stop == end && address.port != 0) return;
  raise(ErrorCode::InvalidOptions, "expected a port from 1 to 65535 in the URI, found '{}'", text);
}

void read_host(ServerAddress& address, std::string_view text) {
  if (text.find('@') != std::string_view::npos) {
    raise(ErrorCode::InvalidOptions,
          "a user in the URI is not supported: measure a server that "
          "asks for none");
  }
  if (text.find(',') != std::string_view::npos) {
    raise(ErrorCode::InvalidOptions, "expected one server in the URI, the one that takes writes");
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto [host, behind] = split(text.substr(1), ']');
    address.host = host;
    rest = behind;
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (address.host.empty()) raise(ErrorCode::InvalidOptions, "the URI names no host");
  if (rest.empty()) return;
  if (!rest.starts_with(':')) {
    raise(ErrorCode::InvalidOptions, "expected ':' and a port in the URI, found '{}'", rest);
  }
  read_port(address, rest.substr(1));
}

void read_option(ServerAddress& address, std::string_view name, const std::string& value) {
  if (name == "directConnection") {
    if (!boolean(name, value)) {
      raise(ErrorCode::InvalidOptions,
            "directConnection=false is not supported: the URI's server is the one that is "
            "measured");
    }
  } else if (name == "replicaSet") {
    address.set_name = value;
  } else if (name == "tls") {
    address.tls = boolean(name, value);
  } else if (name == "tlsCAFile") {
    address.ca_file = value;
  } else if (name == "tlsCertificateKeyFile") {
    address.certificate_key_file = value;
  } else if (name == "tlsInsecure") {
    address.verify = !boolean(name, value);
  } else {
    raise(ErrorCode::InvalidOptions,
          "unknown option '{}' in the URI; there are directConnection, replicaSet, tls, "
          "tlsCAFile, tlsCertificateKeyFile, tlsInsecure",
          name);
  }
}

}  // namespace

ServerAddress parse_uri(std::string_view uri) {
  if (!uri.starts_with(kScheme)) {
    raise(ErrorCode::InvalidOptions, "expected a URI that begins with {}, found '{}'", kScheme,
          uri);
  }
  ServerAddress address;
  auto [before, query] = split(uri.substr(kScheme.size()), '?');
  const auto [host, database] = split(before, '/');
  read_host(address, host);
  if (!database.empty()) {
    raise(ErrorCode::InvalidOptions, "'{}' in the URI: what is measured has a database of its own",
          database);
  }
  while (!query.empty()) {
    const auto [option, others] = split(query, '&');
    const auto [name, value] = split(option, '=');
    read_option(address, name, percent_decoded(value));
    query = others;
  }
  const bool about_tls =
      !address.ca_file.empty() || !address.certificate_key_file.empty() || !address.verify;
  if (!address.tls && about_tls) {
    raise(ErrorCode::InvalidOptions,
          "tlsCAFile, tlsCertificateKeyFile and tlsInsecure in the URI ask for tls=true");
  }
  return address;
}

}  // namespace freshet::workload
