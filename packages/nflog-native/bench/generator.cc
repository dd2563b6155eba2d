// Sends UDP datagrams to port 9 on loopback, as a network card's interrupts would deliver them: on
// a processor of its own and ahead of everything else there, where the system allows that.
//
//   generator COUNT PACKETS_PER_SECOND IP_PACKET_BYTES    (a rate of 0: as fast as it goes)
//
// Prints the seconds it took.
#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int64_t kStepNs = 200'000;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr unsigned kBurst = 64;
constexpr int64_t kHeaderBytes = 28;

int64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

void SleepUntil(int64_t at_ns) {
  const timespec at = {at_ns / kSecondNs, at_ns % kSecondNs};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

// Priority is not given in a user namespace; the pace is then a little rougher.
void TakeProcessor() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof first, &first);
  const sched_param priority = {1};
  sched_setscheduler(0, SCHED_FIFO, &priority);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int64_t count = std::strtoll(argv[1], nullptr, 10);
  const int64_t rate = std::strtoll(argv[2], nullptr, 10);
  const int64_t bytes = std::strtoll(argv[3], nullptr, 10);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in target = {};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) return 1;
  std::vector<char> payload(static_cast<size_t>(std::max<int64_t>(bytes - kHeaderBytes, 0)));
  iovec part = {payload.data(), payload.size()};
  mmsghdr burst[kBurst] = {};
  for (mmsghdr& message : burst) {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  TakeProcessor();
  const int64_t start_ns = NowNs();
  int64_t sent = 0;
  for (int64_t step_ns = start_ns; sent < count; step_ns += kStepNs) {
    int64_t due = count;
    if (rate != 0) {
      SleepUntil(step_ns);
      due = std::min(count, (NowNs() - start_ns) * rate / kSecondNs);
    }
    while (sent < due) {
      const auto size = static_cast<unsigned>(std::min<int64_t>(kBurst, due - sent));
      const int accepted = sendmmsg(fd, burst, size, 0);
      if (accepted > 0) sent += accepted;
    }
  }
  std::printf("%.4f\n", static_cast<double>(NowNs() - start_ns) / static_cast<double>(kSecondNs));
  close(fd);
  return 0;
}
