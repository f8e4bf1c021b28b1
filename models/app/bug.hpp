// Mistakes in the code of an application, as far as requests run into them.
#pragma once

#include <string>

#include "sim/units.hpp"

namespace hoplab::models::app {

/// What goes wrong in a share of the requests. Each kind uses the members that it needs.
struct Bug {
  enum class Kind {
    infinite_loop,  ///< The worker spins and never answers.
    hang,           ///< The worker waits and never answers.
    slow,           ///< It waits for `delay`, and says so on stderr.
    failing,        ///< It throws after its work: `status`, and the exception on stderr.
    wrong_answer,   ///< 200, with another body than expected; stdout says which.
    leak,           ///< It keeps `size` of memory for ever.
    broken,         ///< It throws where nobody catches: `breakage`, and the exception on stderr.
  };
  enum class Breakage {
    reset,      ///< The connection is closed before an answer has begun.
    truncated,  ///< In the middle of the answer's body.
    garbage,    ///< After bytes that are no HTTP.
  };
  Kind kind = Kind::hang;
  sim::Ratio share{1};
  sim::Duration delay{};
  int status = 500;
  Breakage breakage = Breakage::reset;
  sim::Bytes size{0};
  std::string text;      ///< slow: the known bug; failing: the exception; else the answer.
  std::string expected;  ///< wrong_answer: what the right one would have been.
};

/// Names a bug of one application.
struct BugId {
  std::size_t index = 0;
};

}  // namespace hoplab::models::app
