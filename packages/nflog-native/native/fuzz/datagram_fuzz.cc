// Feeds whatever libFuzzer invents through everything that reads bytes from a socket: log messages
// and, with a first byte that is odd, link events. Built and run by fuzz.mjs.
#include <linux/netfilter/nfnetlink.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "../src/link_names.h"
#include "../src/nflog_message.h"
#include "../src/packet_batch.h"
#include "../src/string_table.h"

namespace packet_logs {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireInside(Bytes part, Bytes whole) {
  Require(part.size == 0 ||
          (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

void ParseLog(Bytes datagram) {
  MessageCursor messages(datagram);
  NetlinkMessage message;
  LoggedPacket packet;
  StringTable strings;
  PacketBatch batch;
  LinkNames links;
  size_t bytes = 0;
  while (messages.Next(&message)) {
    if (ParsePacket(message.body, &packet) == ParseResult::kMalformed) continue;
    for (const Bytes& part : {packet.prefix, packet.payload, packet.hw_header, packet.hw_address,
                              packet.l2_header, packet.conntrack}) {
      RequireInside(part, datagram);
    }
    Require(packet.prefix.size == 0 || packet.prefix.data[packet.prefix.size - 1] != 0);
    batch.Append(packet, 1, &strings);
    bytes += message.body.size + (kRecordWords * sizeof(uint32_t)) + kConntrackBytes;
  }
  Require(batch.byte_size() <= bytes);
  batch.ResolveNames(&links, &strings);
  const std::unique_ptr<uint8_t[]> out(new uint8_t[batch.byte_size() + 1]);
  batch.CopyTo(out.get());
}

}  // namespace
}  // namespace packet_logs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // A block of exactly its size, so that any step beyond is seen.
  const size_t length = size - 1;
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[length]);
  for (size_t i = 0; i < length; ++i) exact[i] = data[i + 1];
  const packet_logs::Bytes datagram = {exact.get(), length};
  if ((data[0] & 1) != 0) {
    packet_logs::LinkNames links;
    links.Apply(datagram);
  } else {
    packet_logs::ParseLog(datagram);
  }
  return 0;
}
