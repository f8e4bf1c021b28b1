#include "report/live/recorded_pages.hpp"

#include <fstream>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace hoplab::report::live {
namespace {

/// By the documents of its tasks; nothing where the recording has none.
std::map<std::string, std::string> services_of_tasks(const std::filesystem::path& path) {
  std::map<std::string, std::string> services;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("taskArn") || !json.contains("group")) continue;
    const auto arn = json.value("taskArn", "");
    const auto group = json.value("group", "");
    constexpr std::string_view prefix = "service:";
    if (!group.starts_with(prefix)) continue;
    services[arn.substr(arn.rfind('/') + 1)] = group.substr(prefix.size());
  }
  return services;
}

}  // namespace

RecordedPages::RecordedPages(std::filesystem::path recording, const recording::Manifest& manifest)
    : recording_(std::move(recording)) {
  constexpr std::string_view folder = "envoy/";
  constexpr std::string_view page = "/stats.prom";
  for (const auto& file : manifest.files) {
    if (!file.path.starts_with(folder) || !file.path.ends_with(page)) continue;
    folders_.push_back(
        file.path.substr(folder.size(), file.path.size() - folder.size() - page.size()));
  }
  services_ = services_of_tasks(recording_ / "ecs/tasks.jsonl");
}

std::vector<EnvoyPages::Envoy> RecordedPages::envoys() const {
  std::vector<Envoy> all;
  for (const std::string& folder : folders_) {
    const auto service = services_.find(folder);
    all.push_back({folder, service == services_.end() ? "" : service->second});
  }
  return all;
}

HttpResponse RecordedPages::page(const std::string& task, const HttpRequest& request) {
  const std::filesystem::path folder = recording_ / "envoy" / task;
  const StatsQuery query = read_stats_query(request.query);
  const bool is_prometheus =
      request.path == "/stats/prometheus" ||
      (request.path == "/stats" && query.form == StatsQuery::Form::prometheus);
  if (is_prometheus) {
    return recorded_prometheus_page(recording::read_file(folder / "stats.prom"), query);
  }
  if (request.path == "/stats") {
    return stats_page(recording::read_file(folder / "stats.txt"), query);
  }
  return {404, "text/plain; charset=UTF-8",
          "not in a recording, which has /stats and /stats/prometheus\n"};
}

}  // namespace hoplab::report::live
