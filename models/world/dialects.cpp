#include "models/world/dialects.hpp"

#include "models/appmesh/dialect.hpp"
#include "models/serviceconnect/dialect.hpp"

namespace hoplab::models {

std::unique_ptr<mesh::Dialect> make_dialect(const scenarios::Scenario& scenario) {
  if (scenario.is_service_connect()) return std::make_unique<serviceconnect::Dialect>(scenario);
  return std::make_unique<appmesh::Dialect>(scenario);
}

}  // namespace hoplab::models
