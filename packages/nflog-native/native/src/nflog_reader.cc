#include "nflog_reader.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <cerrno>
#include <ctime>

namespace packet_logs {

namespace {

// How much is read before others on the event loop get their turn. More would starve the sockets
// that the packets are written to: what 256 packets become fills a unix socket's buffer.
constexpr size_t kPacketsPerBatch = 256;
constexpr size_t kBytesPerBatch = size_t{256} * 1024;

constexpr uint16_t kPacketType = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET;

uint64_t NowUs() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

ReaderFailure NflogReader::Open(const ReaderOptions& options) {
  if (const Failure failure = socket_.Open()) return {failure};
  if (const Failure failure = socket_.SetReceiveBuffer(options.receive_buffer_bytes)) {
    return {failure};
  }
  if (options.silence_overruns) {
    if (const Failure failure = socket_.SilenceOverruns()) return {failure};
  }
  if (const Failure failure = links_.Open()) return {failure};
  has_sequence_ = (options.config.flags & NFULNL_CFG_F_SEQ) != 0;
  for (const uint16_t group : options.groups) {
    // First, because a packet can arrive before the kernel's answer does.
    sequences_.push_back({group, 0});
    if (const Failure failure = socket_.Bind(group, options.config, this)) return {failure, group};
  }
  FinishBatch();
  return {};
}

Failure NflogReader::Fill() {
  Failure failure;
  while (batch_.count() < kPacketsPerBatch && batch_.byte_size() < kBytesPerBatch) {
    Bytes datagram;
    bool truncated = false;
    failure = socket_.Receive(&datagram, &truncated);
    if (failure.error == ENOBUFS) {
      OnOverrun();
      continue;
    }
    if (failure.error == EAGAIN) MarkHole();
    if (failure) break;
    OnDatagram(datagram, truncated);
  }
  FinishBatch();
  return failure.error == EAGAIN ? Failure{} : failure;
}

ReaderFailure NflogReader::Configure(const GroupConfig& config) {
  ReaderFailure result;
  for (const Sequence& sequence : sequences_) {
    const Failure failure = socket_.Configure(sequence.group, config, this);
    if (failure && !result) result = {failure, sequence.group};
  }
  FinishBatch();
  return result;
}

void NflogReader::Unbind() {
  for (const Sequence& sequence : sequences_) socket_.Unbind(sequence.group);
}

void NflogReader::Close() {
  socket_.Close();
  links_.Close();
  batch_ = {};
  strings_.Clear();
}

void NflogReader::ResetStats() {
  stats_ = {};
  dropped_before_ = socket_.DroppedDatagrams();
}

void NflogReader::OnOverrun() {
  ++stats_.overruns;
  overrun_ = true;
  // Without a sequence this is all there is to know about the loss. The kernel tells of it before
  // the packets that are still queued, and queues no more until those are read: the hole is behind
  // them, where the queue is found empty.
  MarkHole();
  hole_ahead_ = !has_sequence_;
}

void NflogReader::MarkHole() {
  if (std::exchange(hole_ahead_, false)) {
    batch_.AppendGap({static_cast<uint32_t>(batch_.count()), 0, 0, 0, 0});
  }
}

void NflogReader::OnDatagram(Bytes datagram, bool truncated) {
  ++stats_.datagrams;
  if (truncated) ++stats_.truncated;
  const uint64_t received_us = NowUs();
  MessageCursor cursor(datagram);
  NetlinkMessage message;
  LoggedPacket packet;
  while (cursor.Next(&message)) {
    if (message.header.nlmsg_type != kPacketType) continue;
    const ParseResult result = ParsePacket(message.body, &packet);
    if (result != ParseResult::kComplete) ++stats_.malformed;
    if (result == ParseResult::kMalformed) continue;
    TrackSequence(packet);
    ++stats_.packets;
    stats_.payload_bytes += packet.payload.size;
    batch_.Append(packet, received_us, &strings_);
  }
  if (cursor.malformed()) ++stats_.malformed;
}

void NflogReader::TrackSequence(const LoggedPacket& packet) {
  if ((packet.fields & kFieldSeq) == 0) return;
  for (Sequence& sequence : sequences_) {
    if (sequence.group != packet.group) continue;
    // Numbers start at 0, advance for lost packets as well, and wrap.
    const uint32_t lost = packet.seq - sequence.next;
    if (lost != 0) {
      stats_.lost += lost;
      batch_.AppendGap({static_cast<uint32_t>(batch_.count()), packet.group, lost, sequence.next,
                        packet.seq - 1});
    }
    sequence.next = packet.seq + 1;
    return;
  }
}

void NflogReader::FinishBatch() {
  if (batch_.count() == 0) return;
  links_.Refresh();
  batch_.ResolveNames(links_, &strings_);
}

}  // namespace packet_logs
