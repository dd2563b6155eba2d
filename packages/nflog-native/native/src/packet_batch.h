// Packets packed for one crossing into JavaScript: a table with a fixed record per packet, then
// their bytes.
#ifndef PACKET_LOGS_PACKET_BATCH_H_
#define PACKET_LOGS_PACKET_BATCH_H_

#include <cstdint>
#include <vector>

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
  kWordVlan,     // protocol << 16 | TCI
  kWordBytesAt,  // payload, hardware header, hardware address, L2 header: one after the other
  kWordPayloadSize,
  kWordHwSizes,  // header << 16 | address
  kWordL2Size,
  kRecordWords,
};

constexpr uint32_t kLayoutVersion = 1;

// A counted hole in a group's sequence, before the packet at `at`.
struct Gap {
  uint32_t at;
  uint16_t group;
  uint32_t lost;  // 0: unknown, because the group has no sequence
  uint32_t from;  // sequence numbers of the first and last lost packet
  uint32_t to;
};

class PacketBatch {
 public:
  void Append(const LoggedPacket& packet, uint64_t received_us, StringTable* strings);
  void AppendGap(const Gap& gap) { gaps_.push_back(gap); }

  // Fills in the device names of packets that came since the last call.
  void ResolveNames(const LinkNames& links, StringTable* strings);

  size_t count() const { return table_.size() / kRecordWords; }
  size_t byte_size() const { return table_.size() * sizeof(uint32_t) + bytes_.size(); }
  const std::vector<Gap>& gaps() const { return gaps_; }
  void CopyTo(uint8_t* target) const;
  void Clear();

 private:
  void AppendBytes(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.data, bytes.data + bytes.size);
  }

  std::vector<uint32_t> table_;
  std::vector<uint8_t> bytes_;
  std::vector<Gap> gaps_;
  size_t named_ = 0;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_PACKET_BATCH_H_
