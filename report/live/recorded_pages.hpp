// The pages that a recording holds: each Envoy's /stats and /stats/prometheus as they were last.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "report/live/site.hpp"
#include "report/recording/manifest.hpp"

namespace hoplab::report::live {

/// Serves envoy/<task>/stats.txt and stats.prom; other admin pages are in no recording (404).
class RecordedPages final : public EnvoyPages {
 public:
  RecordedPages(std::filesystem::path recording, const recording::Manifest& manifest);

  [[nodiscard]] std::vector<Envoy> envoys() const override;
  [[nodiscard]] HttpResponse page(const std::string& task, const HttpRequest& request) override;

 private:
  std::filesystem::path recording_;
  std::vector<std::string> folders_;             ///< Of envoy/; each a task.
  std::map<std::string, std::string> services_;  ///< By task.
};

}  // namespace hoplab::report::live
