#include "report/live/site.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/recording/json_text.hpp"

namespace hoplab::report::live {
namespace {

using recording::json_string;

constexpr std::string_view admin_paths[] = {"/clusters",        "/config_dump", "/listeners",
                                            "/ready",           "/stats",       "/server_info",
                                            "/stats/prometheus"};

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    if (c == '>') out += "&gt;";
    if (c == '&') out += "&amp;";
    if (c == '"') out += "&quot;";
    if (std::string_view("<>&\"").find(c) == std::string_view::npos) out += c;
  }
  return out;
}

HttpResponse index_page(const EnvoyPages& pages) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>hoplab: "
      "Envoys</title>"
      "</head><body>\n<h1>Envoys</h1>\n<p>For Prometheus: <a href=\"/sd\">/sd</a> "
      "(http_sd_configs).</p>\n<table>\n";
  for (const EnvoyPages::Envoy& envoy : pages.envoys()) {
    out += fmt::format("<tr><td>{}</td><td>{}</td>", html_escaped(envoy.service),
                       html_escaped(envoy.task));
    for (const std::string_view path : admin_paths) {
      out += fmt::format("<td><a href=\"/{}{}\">{}</a></td>", html_escaped(envoy.task), path, path);
    }
    out += "</tr>\n";
  }
  return {200, "text/html; charset=UTF-8", out + "</table>\n</body></html>\n"};
}

/// Source: Prometheus docs, "HTTP service discovery". Without an `instance` of its own every Envoy
/// would be the same one, since they share an address.
HttpResponse targets_page(const EnvoyPages& pages, std::uint16_t port) {
  std::string out = "[";
  const char* separator = "\n";
  for (const EnvoyPages::Envoy& envoy : pages.envoys()) {
    out += fmt::format(
        "{}{{\"targets\":[\"127.0.0.1:{}\"],\"labels\":{{\"__metrics_path__\":{},\"instance\":{}",
        separator, port, json_string("/" + envoy.task + "/stats/prometheus"),
        json_string(envoy.task));
    if (!envoy.service.empty()) out += ",\"ecs_service\":" + json_string(envoy.service);
    out += "}}";
    separator = ",\n";
  }
  return {200, "application/json", out + "\n]\n"};
}

bool serves(const EnvoyPages& pages, std::string_view service) {
  const auto envoys = pages.envoys();
  return std::ranges::any_of(
      envoys, [&](const EnvoyPages::Envoy& envoy) { return envoy.service == service; });
}

/// The task that the first part of a path means; "" for none.
std::string task_meant(const EnvoyPages& pages, std::string_view name) {
  const auto envoys = pages.envoys();
  const auto is_it = [&](const EnvoyPages::Envoy& envoy) { return envoy.task == name; };
  if (std::ranges::any_of(envoys, is_it)) return std::string(name);
  const auto is_of_it = [&](const EnvoyPages::Envoy& envoy) { return envoy.service == name; };
  if (std::ranges::count_if(envoys, is_of_it) != 1) return "";
  return std::ranges::find_if(envoys, is_of_it)->task;
}

}  // namespace

HttpResponse answer(EnvoyPages& pages, std::uint16_t port, const HttpRequest& request) {
  if (request.path == "/") return index_page(pages);
  if (request.path == "/sd") return targets_page(pages, port);
  const auto slash = request.path.find('/', 1);
  const std::string name = request.path.substr(1, slash == std::string::npos ? slash : slash - 1);
  const std::string task = task_meant(pages, name);
  if (task.empty() && serves(pages, name)) {
    return {404, "text/plain; charset=UTF-8",
            "this service has several Envoys: name a task, GET / lists them\n"};
  }
  if (task.empty()) {
    return {404, "text/plain; charset=UTF-8", "no running Envoy of that name; GET / lists them\n"};
  }
  const bool is_bare = slash == std::string::npos || request.path.size() == slash + 1;
  if (is_bare) {
    std::string menu = "admin commands are:\n";
    for (const std::string_view path : admin_paths) menu += fmt::format("  {}\n", path);
    return {200, "text/plain; charset=UTF-8", menu};
  }
  return pages.page(task, {request.path.substr(slash), request.query});
}

}  // namespace hoplab::report::live
