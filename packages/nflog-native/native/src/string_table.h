// Numbers for the few strings that packets repeat (prefixes, device names), so that each crosses
// into JavaScript once.
#ifndef PACKET_LOGS_STRING_TABLE_H_
#define PACKET_LOGS_STRING_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace packet_logs {

class StringTable {
 public:
  // The number of a string: 0 for the empty one, else counted from 1 in the order of arrival.
  uint32_t Intern(std::string_view text) {
    if (text.empty()) return 0;
    // Packets come in runs of the same rule.
    if (last_ != 0 && strings_[last_ - 1] == text) return last_;
    const auto found = numbers_.find(text);
    if (found != numbers_.end()) return last_ = found->second;
    strings_.emplace_back(text);
    last_ = static_cast<uint32_t>(strings_.size());
    numbers_.emplace(strings_.back(), last_);
    return last_;
  }

  size_t size() const { return strings_.size(); }
  const std::string& at(size_t i) const { return strings_[i]; }

  void Clear() {
    numbers_.clear();
    strings_.clear();
    last_ = 0;
  }

 private:
  // A deque never moves its elements, so the keys can view them.
  std::deque<std::string> strings_;
  std::unordered_map<std::string_view, uint32_t> numbers_;
  uint32_t last_ = 0;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_STRING_TABLE_H_
