// Packets packed for one crossing into JavaScript: a table with a fixed record per packet, then
// their bytes.
#ifndef PACKET_LOGS_PACKET_BATCH_H_
#define PACKET_LOGS_PACKET_BATCH_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "conntrack.h"
#include "link_names.h"
#include "nflog_message.h"
#include "string_table.h"

namespace packet_logs {

// Words of a record, in order. src/packet-layout.ts is the other half; change kLayoutVersion with
// both.
enum RecordWord : size_t {
  kWordFields,
  kWordOrigin,  // group << 16 | family << 8 | hook
  kWordTypes,   // EtherType << 16 | hardware type
  kWordMark,
  kWordTimestampLow,
  kWordTimestampHigh,
  kWordSeq,
  kWordSeqGlobal,
  kWordInIndex,
  kWordOutIndex,
  kWordPhysInIndex,
  kWordPhysOutIndex,
  kWordInName,  // strings by number
  kWordOutName,
  kWordPhysInName,
  kWordPhysOutName,
  kWordPrefix,
  kWordUid,
  kWordGid,
  kWordVlan,  // protocol << 16 | TCI
  // Payload, hardware header, hardware address, L2 header, connection: one after the other.
  kWordBytesAt,
  kWordPayloadSize,
  kWordHwSizes,  // header << 16 | address
  kWordL2Size,
  kRecordWords,
};

constexpr uint32_t kLayoutVersion = 2;

// A counted hole in a group's sequence, before the packet at `at`.
struct Gap {
  uint32_t at;
  uint16_t group;
  uint32_t lost;  // 0: unknown, because the group has no sequence
  uint32_t from;  // sequence numbers of the first and last lost packet
  uint32_t to;
};

// Memory that grows and is not cleared before it is written to.
template <typename T>
class GrowingArray {
 public:
  // Room for `count` more, at the end.
  T* Extend(size_t count) {
    if (capacity_ - size_ < count) Grow(size_ + count);
    T* at = data_.get() + size_;
    size_ += count;
    return at;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  void Clear() { size_ = 0; }

 private:
  void Grow(size_t needed) {
    const size_t capacity = needed * 2;
    std::unique_ptr<T[]> grown(new T[capacity]);
    if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_ * sizeof(T));
    data_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class PacketBatch {
 public:
  // False when a part of the packet was malformed and left out.
  bool Append(const LoggedPacket& packet, uint64_t received_us, StringTable* strings);
  void AppendGap(const Gap& gap) { gaps_.push_back(gap); }

  // Fills in the device names of packets that came since the last call.
  void ResolveNames(LinkNames* links, StringTable* strings);

  size_t count() const { return table_.size() / kRecordWords; }
  size_t byte_size() const { return table_.size() * sizeof(uint32_t) + bytes_.size(); }
  const std::vector<Gap>& gaps() const { return gaps_; }
  void CopyTo(uint8_t* target) const;
  void Clear();

 private:
  GrowingArray<uint32_t> table_;
  GrowingArray<uint8_t> bytes_;
  std::vector<Gap> gaps_;
  size_t named_ = 0;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_PACKET_BATCH_H_
