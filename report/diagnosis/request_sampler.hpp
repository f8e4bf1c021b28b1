// Which requests are kept when there are too many to keep them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "report/diagnosis/evidence.hpp"

namespace hoplab::report::diagnosis {

/// The same number for the same request, wherever it is named.
[[nodiscard]] std::uint64_t request_hash(std::string_view id);

/// Keeps all records of a request or none, so that a kept request can be followed through every
/// log. Halves the share of requests when there are more records than allowed.
class RequestSampler {
 public:
  RequestSampler(Evidence& evidence, std::size_t records_max)
      : evidence_(evidence), records_max_(records_max) {}

  [[nodiscard]] bool keeps(std::uint64_t request) const {
    return request % evidence_.sampled_one_in == 0;
  }
  void add(const CallLine& line);
  void add(const AnswerLine& line);

 private:
  void thin_out();

  Evidence& evidence_;
  std::size_t records_max_;
};

}  // namespace hoplab::report::diagnosis
