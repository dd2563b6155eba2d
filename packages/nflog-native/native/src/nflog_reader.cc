#include "nflog_reader.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <algorithm>
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
  receive_buffer_max_bytes_ = options.receive_buffer_max_bytes;
  if (const Failure failure = socket_.SilenceOverruns(options.silence_overruns)) return {failure};
  if (const Failure failure = links_.Open()) return {failure};
  config_ = options.config;
  for (const uint16_t group : options.groups) {
    // First, because a packet can arrive before the kernel's answer does.
    AddGroup(group);
    if (const Failure failure = socket_.Bind(group, config_, this)) return {failure, group};
  }
  open_ = true;
  FinishBatch();
  return {};
}

Failure NflogReader::Fill() {
  Failure failure;
  WatchQueue();
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
  if (refusal_ != 0) return {std::exchange(refusal_, 0), "send"};
  return failure.error == EAGAIN ? Failure{} : failure;
}

ReaderFailure NflogReader::Configure(const ReaderOptions& options) {
  // Everything that can be refused is asked for first.
  if (const Failure failure = NflogSocket::CheckPrivilege()) return {failure};
  if (const Failure failure = NflogSocket::CheckFlags(options.config.flags)) return {failure};
  for (const uint16_t number : options.groups) {
    const Group* group = FindGroup(number);
    if (group != nullptr && group->bound) continue;
    if (const Failure failure = NflogSocket::CheckFree(number)) return {failure, number};
  }

  if (options.receive_buffer_bytes != 0) {
    if (const Failure failure = socket_.SetReceiveBuffer(options.receive_buffer_bytes)) {
      return {failure};
    }
  }
  if (const Failure failure = socket_.SilenceOverruns(options.silence_overruns)) return {failure};
  receive_buffer_max_bytes_ = options.receive_buffer_max_bytes;
  config_ = options.config;
  for (Group& group : groups_) {
    const auto& wanted = options.groups;
    if (!group.bound || std::find(wanted.begin(), wanted.end(), group.number) != wanted.end())
      continue;
    if (const Failure failure = socket_.Unbind(group.number)) return {failure, group.number};
    group.bound = false;
  }
  for (const uint16_t number : options.groups) {
    const Group* group = FindGroup(number);
    const bool bind = group == nullptr || !group->bound;
    if (bind) AddGroup(number);
    if (const Failure failure = socket_.Rebind(number, bind, config_)) return {failure, number};
  }
  return {};
}

bool NflogReader::Unbind() {
  // No answer matters from here on.
  open_ = false;
  if (NflogSocket::CheckPrivilege().error == EPERM) return false;
  for (const Group& group : groups_) {
    if (group.bound) socket_.Unbind(group.number);
  }
  return true;
}

void NflogReader::Close() {
  socket_.Close();
  links_.Close();
  batch_ = {};
  strings_.Clear();
}

QueueState NflogReader::Queue() const {
  QueueState queue = socket_.Queue();
  queue.dropped -= dropped_before_;
  return queue;
}

void NflogReader::ResetStats() {
  stats_ = {};
  dropped_before_ = socket_.Queue().dropped;
}

void NflogReader::WatchQueue() {
  const QueueState queue = socket_.Queue();
  stats_.queue_peak = std::max(stats_.queue_peak, queue.used_bytes);
  if (queue.used_bytes <= queue.capacity_bytes / 2) return;
  if (queue.capacity_bytes >= receive_buffer_max_bytes_) return;
  socket_.SetReceiveBuffer(std::min(queue.capacity_bytes * 2, receive_buffer_max_bytes_));
  // Without privilege net.core.rmem_max is the end; there is no more to ask for.
  if (socket_.Queue().capacity_bytes <= queue.capacity_bytes) receive_buffer_max_bytes_ = 0;
}

void NflogReader::OnOverrun() {
  ++stats_.overruns;
  overrun_ = true;
  // Without a sequence this is all there is to know about the loss. The kernel tells of it before
  // the packets that are still queued, and queues no more until those are read: the hole is behind
  // them, where the queue is found empty.
  MarkHole();
  hole_ahead_ = (config_.flags & NFULNL_CFG_F_SEQ) == 0;
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
    if (message.header.nlmsg_type == NLMSG_ERROR) OnAnswer(message.body);
    if (message.header.nlmsg_type != kPacketType) continue;
    const ParseResult result = ParsePacket(message.body, &packet);
    if (result != ParseResult::kComplete) ++stats_.malformed;
    if (result == ParseResult::kMalformed) continue;
    TrackSequence(packet);
    ++stats_.packets;
    stats_.payload_bytes += packet.payload.size;
    if (!batch_.Append(packet, received_us, &strings_)) ++stats_.malformed;
  }
  if (cursor.malformed()) ++stats_.malformed;
}

// While groups are bound, the socket waits for the answers itself.
void NflogReader::OnAnswer(Bytes body) {
  if (!open_ || body.size < sizeof(int32_t)) return;
  refusal_ = -LoadHost<int32_t>(body.data);
}

void NflogReader::TrackSequence(const LoggedPacket& packet) {
  if ((packet.fields & kFieldSeq) == 0) return;
  Group* group = FindGroup(packet.group);
  if (group == nullptr) return;
  if (group->restarts != 0 && packet.seq < group->next) {
    --group->restarts;
    group->next = 0;
  }
  // Numbers start at 0, advance for lost packets as well, and wrap.
  const uint32_t lost = packet.seq - group->next;
  if (lost != 0) {
    stats_.lost += lost;
    batch_.AppendGap(
        {static_cast<uint32_t>(batch_.count()), packet.group, lost, group->next, packet.seq - 1});
  }
  group->next = packet.seq + 1;
}

NflogReader::Group* NflogReader::FindGroup(uint16_t number) {
  // Packets come in runs of the same group.
  if (last_group_ < groups_.size() && groups_[last_group_].number == number) {
    return &groups_[last_group_];
  }
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].number != number) continue;
    last_group_ = i;
    return &groups_[i];
  }
  return nullptr;
}

void NflogReader::AddGroup(uint16_t number) {
  Group* group = FindGroup(number);
  if (group == nullptr) {
    groups_.push_back({number, true, 0, 0});
  } else {
    group->bound = true;
    ++group->restarts;
  }
}

void NflogReader::FinishBatch() {
  if (batch_.count() == 0) return;
  links_.Refresh();
  batch_.ResolveNames(&links_, &strings_);
}

}  // namespace packet_logs
