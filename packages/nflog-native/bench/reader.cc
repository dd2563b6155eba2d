// The least that a program can do with a log group: receive and count. What the package is measured
// against, with the same socket settings as its defaults.
//
//   reader [PAUSE_MS]
//
// Prints "ready", reads group 0 until SIGTERM (with a pause: looks away for so long first), then
// prints {"packets":N,"cpuSeconds":S,"drainSeconds":S}.
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

constexpr size_t kDatagrams = 16;
constexpr size_t kDatagramBytes = size_t{256} * 1024;
constexpr uint16_t kPacketType = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET;

struct Attribute {
  uint16_t type;
  const void* value;
  uint16_t size;
};

bool Configure(int fd, const std::vector<Attribute>& attributes) {
  alignas(nlmsghdr) uint8_t message[128] = {};
  auto* header = reinterpret_cast<nlmsghdr*>(message);
  header->nlmsg_len = NLMSG_LENGTH(sizeof(nfgenmsg));
  header->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
  header->nlmsg_flags = NLM_F_REQUEST;
  for (const Attribute& attribute : attributes) {
    const auto length = static_cast<uint16_t>(sizeof(nlattr) + attribute.size);
    const nlattr head = {length, attribute.type};
    std::memcpy(message + header->nlmsg_len, &head, sizeof head);
    std::memcpy(message + header->nlmsg_len + sizeof head, attribute.value, attribute.size);
    header->nlmsg_len += NLA_ALIGN(length);
  }
  return send(fd, message, header->nlmsg_len, 0) >= 0;
}

bool Bind(int fd) {
  const nfulnl_msg_config_cmd bind_command = {NFULNL_CFG_CMD_BIND};
  nfulnl_msg_config_mode mode = {};
  mode.copy_mode = NFULNL_COPY_PACKET;
  mode.copy_range = htonl(65531);
  const uint32_t buffer_bytes = htonl(65024);
  const uint32_t timeout = htonl(0);
  const uint32_t threshold = htonl(256);
  const uint16_t flags = htons(NFULNL_CFG_F_SEQ);
  return Configure(fd, {{NFULA_CFG_CMD, &bind_command, sizeof bind_command},
                        {NFULA_CFG_MODE, &mode, sizeof mode},
                        {NFULA_CFG_NLBUFSIZ, &buffer_bytes, sizeof buffer_bytes},
                        {NFULA_CFG_TIMEOUT, &timeout, sizeof timeout},
                        {NFULA_CFG_QTHRESH, &threshold, sizeof threshold},
                        {NFULA_CFG_FLAGS, &flags, sizeof flags}});
}

uint64_t Count(const uint8_t* datagram, size_t size) {
  uint64_t packets = 0;
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, datagram, sizeof header);
    const size_t step = NLMSG_ALIGN(header.nlmsg_len);
    if (header.nlmsg_len < sizeof header || step > size) break;
    if (header.nlmsg_type == kPacketType) ++packets;
    datagram += step;
    size -= step;
  }
  return packets;
}

double Seconds(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

class Reader {
 public:
  explicit Reader(int fd) : fd_(fd), memory_(kDatagrams * kDatagramBytes) {
    for (size_t i = 0; i < kDatagrams; ++i) {
      parts_[i] = {memory_.data() + i * kDatagramBytes, kDatagramBytes};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  // Whether there was anything.
  bool Read() {
    const int received = recvmmsg(fd_, messages_, kDatagrams, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < received; ++i) {
      packets_ +=
          Count(memory_.data() + static_cast<size_t>(i) * kDatagramBytes, messages_[i].msg_len);
    }
    return received > 0;
  }

  uint64_t packets() const { return packets_; }

 private:
  int fd_;
  std::vector<uint8_t> memory_;
  iovec parts_[kDatagrams] = {};
  mmsghdr messages_[kDatagrams] = {};
  uint64_t packets_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  const int receive_buffer = 32 * 1024 * 1024;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int stop = signalfd(-1, &signals, SFD_CLOEXEC);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || !Bind(fd)) return 1;
  std::puts("ready");
  std::fflush(stdout);

  Reader reader(fd);
  if (argc > 1) poll(nullptr, 0, static_cast<int>(std::strtol(argv[1], nullptr, 10)));
  const double drain_start = Seconds(CLOCK_MONOTONIC);
  while (reader.Read()) {
  }
  const double drain_seconds = Seconds(CLOCK_MONOTONIC) - drain_start;
  pollfd waiting[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
  while (poll(waiting, 2, -1) > 0 && (waiting[1].revents & POLLIN) == 0) reader.Read();
  const nfulnl_msg_config_cmd unbind_command = {NFULNL_CFG_CMD_UNBIND};
  Configure(fd, {{NFULA_CFG_CMD, &unbind_command, sizeof unbind_command}});
  while (reader.Read()) {
  }
  std::printf("{\"packets\":%llu,\"cpuSeconds\":%.4f,\"drainSeconds\":%.6f}\n",
              static_cast<unsigned long long>(reader.packets()), Seconds(CLOCK_PROCESS_CPUTIME_ID),
              drain_seconds);
  return 0;
}
