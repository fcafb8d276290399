// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>

#include <CLI/CLI.hpp>

#include "app/config_file.h"
#include "app/setters.h"
#include "app/workload_command_line.h"
#include "base/error.h"
#include "base/version.h"

namespace freshet::app {
namespace {

constexpr const char* kDescription =
    "Freshet: a document database built around change streams.\n"
    "Any MongoDB client works with it; streams work at the first connection.";

constexpr const char* kServeFooter =
    "\nThe options with mongod's names mean what they mean there. Options of mongod that Freshet\n"
    "does not have are errors, never ignored. A --config file may hold, as mongod's YAML:\n"
    "  {}\n"
    "\n"
    "When all is up, the last line on standard output is `ready on port N`.\n"
    "SIGTERM and SIGINT end the server cleanly, SIGHUP opens the log file anew.\n"
    "\n"
    "Examples:\n"
    "  freshet serve --dbpath /var/lib/freshet\n"
    "  freshet serve --memory --port 0\n"
    "  freshet serve --dbpath data --bind_ip 0.0.0.0 --advertise db.example.org:27017";

/// An option whose text goes through one of the setters.
using Setter = void (*)(ServeOptions&, std::string_view, std::string_view);

CLI::Option* add(CLI::App& app, ServeOptions& options, const std::string& name, Setter set,
                 const std::string& help, const std::string& type) {
  const std::string shown = name.substr(0, name.find(','));
  return app
      .add_option_function<std::string>(
          name, [&options, set, shown](const std::string& text) { set(options, shown, text); },
          help)
      ->type_name(type);
}

void add_network_options(CLI::App& app, ServeOptions& options) {
  constexpr const char* kGroup = "Network";
  add(app, options, "--port", set_port, "port to listen on; 0 picks a free one", "N [27017]")
      ->group(kGroup);
  add(app, options, "--bind_ip", set_bind_addresses,
      "addresses to listen on, separated by commas; * is all", "ADDR,… [localhost]")
      ->group(kGroup);
  app.add_flag_callback(
         "--bind_ip_all", [&options] { options.bind_addresses = {"*"}; },
         "listen on every address of the machine")
      ->group(kGroup);
  add(app, options, "--replSet", set_set_name, "name of the replica set, as in the clients' URI",
      "NAME [rs0]")
      ->group(kGroup);
  add(app, options, "--advertise", set_advertise,
      "address by which clients reach this server, when it is not the one it listens on",
      "HOST:PORT")
      ->group(kGroup);
  add(app, options, "--maxConns", set_connections_max, "how many connections may be open",
      "N [20000]")
      ->group(kGroup);
}

void add_tls_options(CLI::App& app, ServeOptions& options) {
  constexpr const char* kGroup = "TLS";
  add(app, options, "--tlsMode", set_tls_mode,
      "disabled; allowTLS or preferTLS: clients may speak it; requireTLS: they must",
      "MODE [disabled]")
      ->group(kGroup);
  app.add_option("--tlsCertificateKeyFile", options.tls.certificate_key_file,
                 "PEM file with the server's private key and certificate")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tlsCertificateKeyFilePassword", options.tls.certificate_key_password,
                 "of the key; others may see it in the list of processes: prefer --config")
      ->type_name("TEXT")
      ->group(kGroup);
  app.add_option("--tlsCAFile", options.tls.ca_file,
                 "PEM file; clients need a certificate that one of these has signed")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--tlsAllowConnectionsWithoutCertificates", options.tls.allow_without_certificate,
               "check the certificates of clients that have one, and let the others in")
      ->group(kGroup);
  add(app, options, "--tlsDisabledProtocols", set_tls_disabled_protocols,
      "TLS1_0, TLS1_1, TLS1_2, TLS1_3, or none", "NAME,… [TLS1_0,TLS1_1]")
      ->group(kGroup);
}

void add_data_options(CLI::App& app, ServeOptions& options) {
  constexpr const char* kGroup = "Data";
  app.add_option("--dbpath", options.data_directory, "directory of the data; made when missing")
      ->type_name("DIR [/data/db]")
      ->group(kGroup);
  app.add_flag("--memory", options.memory, "keep everything in memory; nothing is left behind")
      ->group(kGroup);
  add(app, options, "--history", set_history,
      "how long change events can be resumed: 90m, 24h, 7d; 0 is for ever", "AGE [24h]")
      ->group(kGroup);
  add(app, options, "--history-size", set_history_bytes,
      "how much of them is kept at most: 512MB, 20GB; 0 is any", "SIZE [20GB]")
      ->group(kGroup);
  app.add_flag("--keep-images", options.keep_images,
               "keep the document before each update and delete, for every collection")
      ->group(kGroup);
  add(app, options, "--oplogSize", set_history_megabytes, "the same in megabytes", "MB")
      ->group(kGroup);
}

void add_log_options(CLI::App& app, ServeOptions& options) {
  constexpr const char* kGroup = "Log";
  app.add_option("--logpath", options.log_path, "file of the log; without it, standard error")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--logappend", options.log_append,
               "go on with a log file that is there, instead of moving it aside")
      ->group(kGroup);
  app.add_flag_callback(
         "--quiet", [&options] { options.log_level = Severity::Warning; }, "log less")
      ->group(kGroup);
  app.add_flag_callback(
         "-v,--verbose", [&options] { options.log_level = Severity::Debug; }, "log more")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(kGroup);
}

void add_other_options(CLI::App& app, ServeOptions& options) {
  app.add_option_function<std::vector<std::string>>(
         "--setParameter",
         [&options](const std::vector<std::string>& all) {
           for (const std::string& one : all) {
             const std::size_t equals = one.find('=');
             if (equals == std::string::npos) {
               raise(ErrorCode::InvalidOptions,
                     "expected NAME=VALUE in '--setParameter', found '{}'", one);
             }
             set_parameter(options, one.substr(0, equals), one.substr(equals + 1));
           }
         },
         "set a server parameter, such as a limit; may be given more than once")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--pidfilepath", options.pid_path, "file that takes the process id")
      ->type_name("FILE");
}

void add_client_tls(CLI::App& app, workload::ServerAddress& server, CLI::Option& offline) {
  auto* on =
      app.add_flag("--tls", server.tls, "speak TLS with the running server")->excludes(&offline);
  app.add_option("--tlsCAFile", server.ca_file, "PEM file of who signed its certificate")
      ->needs(on);
  app.add_option("--tlsCertificateKeyFile", server.certificate_key_file,
                 "PEM file with key and certificate to show it")
      ->needs(on);
}

CLI::App& add_backup_command(CLI::App& app, BackupOptions& backup) {
  CLI::App& backup_app =
      *app.add_subcommand("backup",
                          "Copy the data into a new directory, from a running server or, with "
                          "--dbpath, from one that does not run")
           ->allow_extras();
  backup_app.add_option("DIR", backup.target, "directory to make; must not exist")->required();
  auto* offline = backup_app.add_option("--dbpath", backup.data_directory,
                                        "directory of the data, which no server may use");
  backup_app.add_option("--host", backup.server.host, "of the running server [localhost]")
      ->excludes(offline);
  backup_app
      .add_option_function<std::string>(
          "--port",
          [&backup](const std::string& text) { backup.server.port = port_number("--port", text); },
          "of the running server [27017]")
      ->excludes(offline);
  add_client_tls(backup_app, backup.server, *offline);
  return backup_app;
}

CLI::App& add_repair_command(CLI::App& app, RepairOptions& repair) {
  CLI::App& repair_app = *app.add_subcommand("repair",
                                             "Make a data directory usable again that the server "
                                             "refuses because its end is missing")
                              ->allow_extras();
  repair_app.add_option("--dbpath", repair.data_directory, "directory of the data")->required();
  repair_app.add_flag("--accept-loss", repair.accept_loss,
                      "go on although acknowledged writes are missing");
  return repair_app;
}

struct Parsed {
  Task task;
  std::string config_path;
};

[[noreturn]] void refuse_extras(const std::vector<std::string>& extras) {
  for (const std::string& extra : extras) {
    if (extra.starts_with('-')) {
      raise(ErrorCode::InvalidOptions, "unknown or unsupported option '{}'; see --help",
            extra.substr(0, extra.find('=')));
    }
  }
  raise(ErrorCode::InvalidOptions, "'{}' was not expected; see --help", extras.front());
}

/// One pass over the command line, writing into `serve` what it says of that.
Parsed parse(const std::vector<std::string>& arguments, ServeOptions serve) {
  Parsed parsed;
  BackupOptions backup;
  RepairOptions repair;

  CLI::App app(kDescription, "freshet");
  app.set_version_flag("--version",
                       fmt::format("freshet {} (RocksDB {})", base::kVersion, base::kRocksdbKind));
  app.require_subcommand(1, 1);

  CLI::App& serve_app = *app.add_subcommand("serve", "Run the server")->allow_extras();
  add_network_options(serve_app, serve);
  add_tls_options(serve_app, serve);
  add_data_options(serve_app, serve);
  add_log_options(serve_app, serve);
  add_other_options(serve_app, serve);
  serve_app.add_option("-f,--config", parsed.config_path, "YAML file with options")
      ->type_name("FILE");
  serve_app.footer(fmt::format(kServeFooter, fmt::join(config_keys(), "\n  ")));

  CLI::App& backup_app = add_backup_command(app, backup);
  CLI::App& repair_app = add_repair_command(app, repair);
  workload::Options bench;
  CLI::App& bench_app = add_bench_command(app, bench);

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForVersion& version) {
    parsed.task = Text{version.what() + std::string("\n")};
    return parsed;
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    parsed.task = Text{chosen.empty() ? app.help() : chosen.front()->help("freshet")};
    return parsed;
  } catch (const CLI::ParseError& bad) {
    raise(ErrorCode::InvalidOptions, "{}", bad.what());
  }
  const CLI::App& chosen = *app.get_subcommands().front();
  if (!chosen.remaining().empty()) refuse_extras(chosen.remaining());
  serve.arguments = arguments;
  if (&chosen == &serve_app) parsed.task = serve;
  if (&chosen == &backup_app) parsed.task = backup;
  if (&chosen == &repair_app) parsed.task = repair;
  if (&chosen == &bench_app) {
    workload::check(bench);
    parsed.task = bench;
  }
  return parsed;
}

}  // namespace

Task parse_command_line(const std::vector<std::string>& arguments) {
  Parsed parsed = parse(arguments, {});
  if (!parsed.config_path.empty()) {
    ServeOptions from_file;
    read_config_file(parsed.config_path, from_file);
    parsed = parse(arguments, from_file);  // again, over what the file says
  }
  if (const auto* serve = std::get_if<ServeOptions>(&parsed.task)) check_tls(*serve);
  return parsed.task;
}

}  // namespace freshet::app
