// What becomes of lines that are written as they come: X-Ray's segments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/recording/output_files.hpp"

namespace hoplab::report::recording {

/// Like LogWriter, of the half of a recorder that may run on the second core.
class LineWriter {
 public:
  /// Null: nothing may be asked. Outlives this.
  explicit LineWriter(OutputFiles* files) : files_(files) {}

  /// The next file: they count from 0.
  void open(std::string_view path) { ids_.push_back(files_->create(std::string(path))); }
  /// `line` without its end.
  void line(std::uint32_t file, std::string_view line) {
    std::string& out = files_->buffer(ids_[file]);
    out += line;
    out += '\n';
    files_->written(ids_[file]);
  }

 private:
  OutputFiles* files_;
  std::vector<OutputFiles::FileId> ids_;
};

}  // namespace hoplab::report::recording
