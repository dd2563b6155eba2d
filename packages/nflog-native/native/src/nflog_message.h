// The messages of the kernel's nfnetlink_log, as bytes: parsing what it sends, building what it is
// asked. Plain C++: knows no sockets, no Node.
#ifndef PACKET_LOGS_NFLOG_MESSAGE_H_
#define PACKET_LOGS_NFLOG_MESSAGE_H_

#include <array>
#include <cstdint>

#include "netlink.h"

namespace packet_logs {

// Which optional fields of a LoggedPacket the kernel sent.
enum PacketField : uint32_t {
  kFieldHeader = 1U << 0,  // EtherType and hook
  kFieldMark = 1U << 1,
  kFieldTimestamp = 1U << 2,
  kFieldInIndex = 1U << 3,
  kFieldOutIndex = 1U << 4,
  kFieldPhysInIndex = 1U << 5,
  kFieldPhysOutIndex = 1U << 6,
  kFieldHwAddress = 1U << 7,
  kFieldHwType = 1U << 8,
  kFieldHwHeader = 1U << 9,
  kFieldUid = 1U << 10,
  kFieldGid = 1U << 11,
  kFieldSeq = 1U << 12,
  kFieldSeqGlobal = 1U << 13,
  kFieldVlan = 1U << 14,
  kFieldL2Header = 1U << 15,
  kFieldConntrack = 1U << 16,
  kFieldConntrackInfo = 1U << 17,
};

// The numbers of a PACKET message.
struct PacketNumbers {
  uint32_t fields = 0;
  uint16_t group = 0;
  uint8_t family = 0;
  uint8_t hook = 0;
  uint16_t ether_type = 0;
  uint16_t hw_type = 0;
  uint32_t mark = 0;
  uint32_t seq = 0;
  uint32_t seq_global = 0;
  uint32_t in_index = 0;
  uint32_t out_index = 0;
  uint32_t phys_in_index = 0;
  uint32_t phys_out_index = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint16_t vlan_protocol = 0;
  uint16_t vlan_tci = 0;
  uint32_t conntrack_info = 0;
  uint64_t timestamp_us = 0;
};

// One PACKET message. The bytes point into the datagram it was parsed from.
struct LoggedPacket : PacketNumbers {
  Bytes prefix;
  Bytes payload;
  Bytes hw_header;
  Bytes hw_address;
  Bytes l2_header;
  Bytes conntrack;  // attributes, not parsed

  // In two parts, because compilers clear more than 128 bytes with an instruction that costs as
  // much as parsing.
  void Clear() {
    static_cast<PacketNumbers&>(*this) = {};
    prefix = payload = hw_header = hw_address = l2_header = conntrack = {};
  }
};

enum class ParseResult {
  kComplete,
  kIncomplete,  // an attribute had the wrong length and was left out
  kMalformed,   // not a packet message, or a row of attributes that cannot be walked
};

// Parses the body of a PACKET message (from nfgenmsg on).
ParseResult ParsePacket(Bytes body, LoggedPacket* packet);

// How a group logs; what the kernel calls an instance's configuration.
struct GroupConfig {
  uint8_t copy_mode = 0;
  uint32_t copy_range = 0;
  uint32_t netlink_buffer_bytes = 0;
  uint32_t flush_centiseconds = 0;
  uint32_t queue_threshold = 0;
  uint16_t flags = 0;
};

// A CONFIG request for one group. Everything travels in one message, which the kernel applies as a
// whole, so no packet is ever logged with half a configuration.
class ConfigMessage {
 public:
  ConfigMessage(uint16_t group, uint32_t sequence, bool acknowledge);

  // In place of CONFIG.
  void SetType(uint8_t type);
  void Command(uint8_t command);
  void Configure(const GroupConfig& config);
  void Flags(uint16_t flags);

  Bytes bytes() const { return {buffer_.data(), size_}; }

 private:
  void Append(uint16_t type, const void* value, size_t size);

  std::array<uint8_t, 128> buffer_ = {};
  size_t size_ = 0;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NFLOG_MESSAGE_H_
