#include "packet_batch.h"

#include <cstring>
#include <initializer_list>
#include <utility>

namespace packet_logs {

namespace {

constexpr std::pair<RecordWord, RecordWord> kDevices[] = {
    {kWordInIndex, kWordInName},
    {kWordOutIndex, kWordOutName},
    {kWordPhysInIndex, kWordPhysInName},
    {kWordPhysOutIndex, kWordPhysOutName},
};

}  // namespace

bool PacketBatch::Append(const LoggedPacket& packet, uint64_t received_us, StringTable* strings) {
  const uint64_t timestamp =
      (packet.fields & kFieldTimestamp) != 0 ? packet.timestamp_us : received_us;
  const bool has_conntrack = (packet.fields & kFieldConntrack) != 0;
  const size_t bytes_at = bytes_.size();
  uint32_t* record = table_.Extend(kRecordWords);
  record[kWordFields] = packet.fields;
  record[kWordOrigin] =
      (uint32_t{packet.group} << 16) | (uint32_t{packet.family} << 8) | packet.hook;
  record[kWordTypes] = (uint32_t{packet.ether_type} << 16) | packet.hw_type;
  record[kWordMark] = packet.mark;
  record[kWordTimestampLow] = static_cast<uint32_t>(timestamp);
  record[kWordTimestampHigh] = static_cast<uint32_t>(timestamp >> 32);
  record[kWordSeq] = packet.seq;
  record[kWordSeqGlobal] = packet.seq_global;
  record[kWordInIndex] = packet.in_index;
  record[kWordOutIndex] = packet.out_index;
  record[kWordPhysInIndex] = packet.phys_in_index;
  record[kWordPhysOutIndex] = packet.phys_out_index;
  record[kWordInName] = 0;
  record[kWordOutName] = 0;
  record[kWordPhysInName] = 0;
  record[kWordPhysOutName] = 0;
  record[kWordPrefix] =
      strings->Intern({reinterpret_cast<const char*>(packet.prefix.data), packet.prefix.size});
  record[kWordUid] = packet.uid;
  record[kWordGid] = packet.gid;
  record[kWordVlan] = (uint32_t{packet.vlan_protocol} << 16) | packet.vlan_tci;
  record[kWordBytesAt] = static_cast<uint32_t>(bytes_at);
  record[kWordPayloadSize] = static_cast<uint32_t>(packet.payload.size);
  // An attribute's length is a u16, so these sizes fit.
  record[kWordHwSizes] = (static_cast<uint32_t>(packet.hw_header.size) << 16) |
                         static_cast<uint32_t>(packet.hw_address.size);
  record[kWordL2Size] = static_cast<uint32_t>(packet.l2_header.size);

  const std::initializer_list<Bytes> parts = {packet.payload, packet.hw_header, packet.hw_address,
                                              packet.l2_header};
  size_t size = has_conntrack ? kConntrackBytes : 0;
  for (const Bytes& part : parts) size += part.size;
  uint8_t* at = bytes_.Extend(size);
  for (const Bytes& part : parts) {
    if (part.size != 0) std::memcpy(at, part.data, part.size);
    at += part.size;
  }
  if (!has_conntrack) return true;
  const bool complete = PackConntrack(packet.conntrack, at);
  if ((packet.fields & kFieldConntrackInfo) != 0) PackConntrackInfo(packet.conntrack_info, at);
  return complete;
}

void PacketBatch::ResolveNames(LinkNames* links, StringTable* strings) {
  // Few devices log most packets: remember the last one found in each role.
  uint32_t last_index[std::size(kDevices)] = {};
  uint32_t last_name[std::size(kDevices)] = {};
  for (; named_ < count(); ++named_) {
    uint32_t* record = table_.data() + named_ * kRecordWords;
    for (size_t role = 0; role < std::size(kDevices); ++role) {
      const auto [index_word, name_word] = kDevices[role];
      const uint32_t index = record[index_word];
      if (index == 0) continue;
      if (index != last_index[role]) {
        const std::string* name = links->Find(index);
        last_index[role] = index;
        last_name[role] = name == nullptr ? 0 : strings->Intern(*name);
      }
      record[name_word] = last_name[role];
    }
  }
}

void PacketBatch::CopyTo(uint8_t* target) const {
  const size_t table_size = table_.size() * sizeof(uint32_t);
  if (table_size != 0) std::memcpy(target, table_.data(), table_size);
  if (bytes_.size() != 0) std::memcpy(target + table_size, bytes_.data(), bytes_.size());
}

void PacketBatch::Clear() {
  table_.Clear();
  bytes_.Clear();
  gaps_.clear();
  named_ = 0;
}

}  // namespace packet_logs
