// Random damage to texts: the same bytes for the same seed.
#pragma once

#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace hoplab::scenarios {

/// A file of this repository, whole.
inline std::string shipped_text(const std::string& path) {
  std::ifstream file(std::string(HOPLAB_ROOT) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class TextDamage {
 public:
  explicit TextDamage(unsigned seed) : random_(seed) {}

  /// `text` with one to three bytes or pieces changed, added, taken out or doubled.
  std::string operator()(std::string text) {
    for (std::size_t edits = 1 + below(3); edits > 0 && !text.empty(); --edits) edit(text);
    return text;
  }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }

  void edit(std::string& text) {
    // Bytes that mean something to YAML or JSON come up more often.
    static const std::string telling = "{}[]:,-'\"&*!|>#?%@`~\\/ \n\r\t0159.eE+truefalsn<=\x80\xff";
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(16);
    switch (below(5)) {
      case 0:
        text[at] = telling[below(telling.size())];
        break;
      case 1:
        text.insert(at, 1, telling[below(telling.size())]);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      default:
        text[at] = static_cast<char>(below(256));
        break;
    }
  }

  std::mt19937 random_;
};

}  // namespace hoplab::scenarios
