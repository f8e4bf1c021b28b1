// The admin pages of the Envoys of a world, as they stand now.
#pragma once

#include <string>
#include <vector>

#include "models/world.hpp"
#include "report/live/site.hpp"

namespace hoplab::report::cli {

class WorldPages final : public live::EnvoyPages {
 public:
  /// `world` outlives this. Asked only while the world stands still.
  explicit WorldPages(const models::World& world) : world_(world) {}

  [[nodiscard]] std::vector<Envoy> envoys() const override;
  [[nodiscard]] live::HttpResponse page(const std::string& task,
                                        const live::HttpRequest& request) override;

 private:
  const models::World& world_;
};

}  // namespace hoplab::report::cli
