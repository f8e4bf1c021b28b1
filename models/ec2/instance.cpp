#include "models/ec2/instance.hpp"

#include <array>

namespace hoplab::models::ec2 {
namespace {

constexpr InstanceType row(std::string_view name, std::int64_t vcpus, std::int64_t gib) {
  return {name, sim::CpuUnits(vcpus * 1024), sim::Bytes(gib * 1024 * 1024 * 1024)};
}

constexpr auto types = std::to_array<InstanceType>({
    row("t2.micro", 1, 1),     row("t2.small", 1, 2),   row("m3.medium", 1, 4),
    row("t3.micro", 2, 1),     row("t3.small", 2, 2),   row("t3.medium", 2, 4),
    row("t3.large", 2, 8),     row("t3.xlarge", 4, 16), row("t3.2xlarge", 8, 32),
    row("m5.large", 2, 8),     row("m5.xlarge", 4, 16), row("m5.2xlarge", 8, 32),
    row("m5.4xlarge", 16, 64), row("m6i.large", 2, 8),  row("m6i.xlarge", 4, 16),
    row("c5.large", 2, 4),     row("c5.xlarge", 4, 8),  row("c5.2xlarge", 8, 16),
    row("c5.4xlarge", 16, 32), row("r5.large", 2, 16),  row("r5.xlarge", 4, 32),
});

}  // namespace

const InstanceType* find_instance_type(std::string_view name) {
  for (const InstanceType& type : types) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace hoplab::models::ec2
