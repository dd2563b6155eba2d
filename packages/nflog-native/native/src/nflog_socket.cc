#include "nflog_socket.h"

#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace packet_logs {

namespace {

// The kernel rounds a netlink buffer up to the next slab size: a buffer of 128 KiB gives datagrams
// of up to 256.
constexpr size_t kDatagramBytes = size_t{256} * 1024;

// An acknowledgement that found the receive buffer full is lost, so a request may have to be
// repeated.
constexpr int kAttempts = 4;

// The kernel knows three.
constexpr uint8_t kNoSuchMessage = 0xff;

constexpr Failure kSuccess = {};

}  // namespace

Failure NflogSocket::Open() {
  fd_ = FileDescriptor(
      socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  if (fd_.get() < 0) return {errno, "socket"};
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {errno, "bind"};
  }
  buffer_.reset(new uint8_t[kDatagramBytes]);
  return kSuccess;
}

Failure NflogSocket::SetReceiveBuffer(uint32_t bytes) {
  const int size = static_cast<int>(std::min<uint32_t>(bytes, INT_MAX / 2));
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0) return kSuccess;
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0) return kSuccess;
  return {errno, "setsockopt(SO_RCVBUF)"};
}

Failure NflogSocket::SilenceOverruns(bool silent) {
  const int on = silent ? 1 : 0;
  if (setsockopt(fd_.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) == 0) return kSuccess;
  return {errno, "setsockopt(NETLINK_NO_ENOBUFS)"};
}

Failure NflogSocket::Bind(uint16_t group, const GroupConfig& config, DatagramListener* listener) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ConfigMessage message(group, ++sequence_, true);
    message.Command(NFULNL_CFG_CMD_BIND);
    message.Configure(config);
    if (const Failure failure = Send(message.bytes())) return failure;
    const Failure answer = AwaitAcknowledgement(sequence_, listener);
    // The group is ours already: the attempt whose acknowledgement was lost has bound and
    // configured it.
    if (answer.error == EBUSY && attempt > 0) return kSuccess;
    if (answer.error != EAGAIN) return answer;
  }
  return {ENOBUFS, "recv"};
}

Failure NflogSocket::Rebind(uint16_t group, bool bind, const GroupConfig& config) {
  ConfigMessage message(group, ++sequence_, false);
  if (bind) message.Command(NFULNL_CFG_CMD_BIND);
  message.Configure(config);
  return Send(message.bytes());
}

// The kernel answers a request before send() returns, so the answer is in the queue already, or
// lost.
Failure NflogSocket::AwaitAcknowledgement(uint32_t sequence, DatagramListener* listener) {
  for (;;) {
    Bytes datagram;
    bool truncated = false;
    const Failure failure = Receive(&datagram, &truncated);
    if (failure.error == ENOBUFS) {
      if (listener != nullptr) listener->OnOverrun();
      continue;
    }
    if (failure) return failure;
    MessageCursor cursor(datagram);
    NetlinkMessage message;
    while (cursor.Next(&message)) {
      if (message.header.nlmsg_type != NLMSG_ERROR || message.header.nlmsg_seq != sequence)
        continue;
      if (message.body.size < sizeof(int32_t)) continue;
      const auto error = LoadHost<int32_t>(message.body.data);
      return error == 0 ? kSuccess : Failure{-error, "send"};
    }
    if (listener != nullptr) listener->OnDatagram(datagram, truncated);
  }
}

Failure NflogSocket::Unbind(uint16_t group) {
  ConfigMessage message(group, ++sequence_, false);
  message.Command(NFULNL_CFG_CMD_UNBIND);
  return Send(message.bytes());
}

Failure NflogSocket::Send(Bytes message) {
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const ssize_t sent = sendto(fd_.get(), message.data, message.size, 0,
                                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent >= 0) return kSuccess;
    if (errno != EINTR) return {errno, "send"};
  }
}

Failure NflogSocket::Receive(Bytes* datagram, bool* truncated) {
  for (;;) {
    sockaddr_nl sender = {};
    socklen_t sender_size = sizeof sender;
    // With MSG_TRUNC the result is the datagram's own length, even when it was cut.
    const ssize_t length = recvfrom(fd_.get(), buffer_.get(), kDatagramBytes, MSG_TRUNC,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (length < 0) {
      if (errno == EINTR) continue;
      return {errno, "recv"};
    }
    // A process with CAP_NET_ADMIN could send to our port as well; only the kernel has port 0.
    if (sender.nl_pid != 0) continue;
    const auto size = static_cast<size_t>(length);
    *truncated = size > kDatagramBytes;
    *datagram = {buffer_.get(), std::min(size, kDatagramBytes)};
    return kSuccess;
  }
}

void NflogSocket::Close() {
  fd_.Close();
  buffer_.reset();
}

QueueState NflogSocket::Queue() const {
  constexpr size_t kUsed = 0;      // SK_MEMINFO_RMEM_ALLOC
  constexpr size_t kCapacity = 1;  // SK_MEMINFO_RCVBUF
  constexpr size_t kDrops = 8;     // SK_MEMINFO_DROPS
  std::array<uint32_t, kDrops + 1> info = {};
  socklen_t length = sizeof info;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) return {};
  return {info[kCapacity] / 2, info[kUsed] / 2, info[kDrops]};
}

// The kernel looks at the privilege before it looks at the request: only who has it hears that
// there is no such request.
Failure NflogSocket::CheckPrivilege() {
  NflogSocket probe;
  if (const Failure failure = probe.Open()) return failure;
  ConfigMessage message(0, ++probe.sequence_, true);
  message.SetType(kNoSuchMessage);
  if (const Failure failure = probe.Send(message.bytes())) return failure;
  const Failure answer = probe.AwaitAcknowledgement(probe.sequence_, nullptr);
  return answer.error == EPERM ? answer : kSuccess;
}

// Configuring a group that nobody owns fails with ENODEV, but only with flags that the kernel
// knows. Of several groups one will be free; if not, the kernel has its say when it is configured.
Failure NflogSocket::CheckFlags(uint16_t flags) {
  constexpr uint16_t kProbes = 16;
  NflogSocket probe;
  if (const Failure failure = probe.Open()) return failure;
  for (uint16_t i = 0; i < kProbes; ++i) {
    const Failure answer = probe.Probe(static_cast<uint16_t>(UINT16_MAX - i), flags);
    if (answer.error != EPERM) return answer.error == ENODEV ? kSuccess : answer;
  }
  return kSuccess;
}

Failure NflogSocket::CheckFree(uint16_t group) {
  NflogSocket probe;
  if (const Failure failure = probe.Open()) return failure;
  const Failure answer = probe.Probe(group, 0);
  return answer.error == ENODEV ? kSuccess : answer;
}

Failure NflogSocket::Probe(uint16_t group, uint16_t flags) {
  ConfigMessage message(group, ++sequence_, true);
  message.Flags(flags);
  if (const Failure failure = Send(message.bytes())) return failure;
  return AwaitAcknowledgement(sequence_, nullptr);
}

}  // namespace packet_logs
