#include "report/live/recorded_pages.hpp"

#include <utility>

namespace hoplab::report::live {

RecordedPages::RecordedPages(std::filesystem::path recording, const recording::Manifest& manifest)
    : recording_(std::move(recording)) {
  constexpr std::string_view folder = "envoy/";
  constexpr std::string_view page = "/stats.prom";
  for (const auto& file : manifest.files) {
    if (!file.path.starts_with(folder) || !file.path.ends_with(page)) continue;
    folders_.push_back(
        file.path.substr(folder.size(), file.path.size() - folder.size() - page.size()));
  }
}

std::vector<EnvoyPages::Envoy> RecordedPages::envoys() const {
  std::vector<Envoy> all;
  for (const std::string& folder : folders_) all.push_back({folder, ""});
  return all;
}

HttpResponse RecordedPages::page(const std::string& task, const HttpRequest& request) {
  const std::filesystem::path folder = recording_ / "envoy" / task;
  const bool is_prometheus =
      request.path == "/stats/prometheus" ||
      (request.path == "/stats" && parameter(request.query, "format") == "prometheus");
  if (is_prometheus) {
    return {200, "text/plain; charset=UTF-8", recording::read_file(folder / "stats.prom")};
  }
  if (request.path == "/stats") {
    return stats_page(recording::read_file(folder / "stats.txt"), request.query);
  }
  return {404, "text/plain; charset=UTF-8",
          "not in a recording, which has /stats and /stats/prometheus\n"};
}

}  // namespace hoplab::report::live
