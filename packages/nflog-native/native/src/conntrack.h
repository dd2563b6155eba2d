// The connection a packet belongs to: the nested attributes of NFULA_CT, packed into a record.
// Plain C++: knows no sockets, no Node.
#ifndef PACKET_LOGS_CONNTRACK_H_
#define PACKET_LOGS_CONNTRACK_H_

#include <cstddef>
#include <cstdint>

#include "netlink.h"

namespace packet_logs {

// Where things are in a record, in network order. src/packet-layout.ts is the other half; change
// kLayoutVersion with both.
constexpr size_t kConntrackFieldsAt = 0;
constexpr size_t kConntrackInfoAt = 4;
constexpr size_t kConntrackStatusAt = 8;
constexpr size_t kConntrackMarkAt = 12;
constexpr size_t kConntrackIdAt = 16;
constexpr size_t kConntrackTimeoutAt = 20;
constexpr size_t kConntrackZoneAt = 24;
constexpr size_t kConntrackOriginalAt = 28;
constexpr size_t kConntrackReplyAt = 74;
constexpr size_t kConntrackBytes = 120;

constexpr size_t kTupleFieldsAt = 0;
constexpr size_t kTupleProtocolAt = 2;
constexpr size_t kTupleIcmpTypeAt = 3;
constexpr size_t kTupleIcmpCodeAt = 4;
constexpr size_t kTupleAddressBytesAt = 5;
constexpr size_t kTupleSourceAt = 6;
constexpr size_t kTupleDestinationAt = 22;
constexpr size_t kTupleSourcePortAt = 38;
constexpr size_t kTupleDestinationPortAt = 40;
constexpr size_t kTupleIcmpIdAt = 42;
constexpr size_t kTupleZoneAt = 44;

enum ConntrackField : uint32_t {
  kConntrackInfo = 1U << 0,
  kConntrackStatus = 1U << 1,
  kConntrackMark = 1U << 2,
  kConntrackId = 1U << 3,
  kConntrackTimeout = 1U << 4,
  kConntrackZone = 1U << 5,
};

enum TupleField : uint16_t {
  kTupleAddresses = 1U << 0,
  kTupleProtocol = 1U << 1,
  kTuplePorts = 1U << 2,
  kTupleIcmp = 1U << 3,
  kTupleZone = 1U << 4,
};

// Fills a record of kConntrackBytes from the attributes inside NFULA_CT. False when something had
// the wrong length; the record then has what was right.
bool PackConntrack(Bytes attributes, uint8_t* record);

// Adds what NFULA_CT_INFO says.
void PackConntrackInfo(uint32_t info, uint8_t* record);

}  // namespace packet_logs

#endif  // PACKET_LOGS_CONNTRACK_H_
