#include "report/recording/statsd_writer.hpp"

#include <fmt/format.h>

namespace hoplab::report::recording {

void StatsdWriter::open(std::string_view path) {
  tasks_.push_back(files_->create(std::string(path)));
}

void StatsdWriter::add_series(std::uint32_t task, std::string_view head, std::string_view tail) {
  series_.push_back({tasks_[task], fmt::format(" {}", head), fmt::format("{}\n", tail)});
}

void StatsdWriter::datagram(std::uint32_t task, std::int64_t at_ms, std::string_view datagram) {
  std::string& out = files_->buffer(tasks_[task]);
  out += time_text_.of(at_ms);
  out += ' ';
  out += datagram;
  out += '\n';
  files_->written(tasks_[task]);
}

void StatsdWriter::value(std::uint32_t index, std::int64_t at_ms, std::uint64_t value) {
  const Series& series = series_[index];
  std::string& out = files_->buffer(series.file);
  out += time_text_.of(at_ms);
  append_number(out, series.head, static_cast<std::int64_t>(value));
  out += series.tail;
  files_->written(series.file);
}

}  // namespace hoplab::report::recording
