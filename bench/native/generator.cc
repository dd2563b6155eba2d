// Sends UDP datagrams at a steady rate, as a network card's interrupts would deliver them: paced in
// 200 µs steps, on a processor of its own and ahead of everything else there, where the system
// allows that.
//
//   generator ADDRESS PORT PAYLOAD_BYTES PACKETS_PER_SECOND SECONDS
//
// The first eight bytes of each payload are the time of CLOCK_MONOTONIC in nanoseconds at which it
// was sent, as far as they fit.
//
// Prints what it did: {"sent":N,"seconds":S,"cpuSeconds":C}

#include <arpa/inet.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t kStepNs = 200'000;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr unsigned kBatch = 256;

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void SleepUntil(int64_t at_ns) {
  const timespec at{at_ns / kSecondNs, at_ns % kSecondNs};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

// Neither is given in a user namespace; the pace is then a little rougher.
void TakeProcessor() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof first, &first);
  const sched_param priority{1};
  sched_setscheduler(0, SCHED_FIFO, &priority);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT PAYLOAD_BYTES PACKETS_PER_SECOND SECONDS\n",
                 argv[0]);
    return 2;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::strtoul(argv[2], nullptr, 10)));
  if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
    std::fprintf(stderr, "%s is not an IPv4 address\n", argv[1]);
    return 2;
  }
  std::vector<char> payload(std::strtoul(argv[3], nullptr, 10), 'x');
  const int64_t rate = std::strtoll(argv[4], nullptr, 10);
  const int64_t seconds = std::strtoll(argv[5], nullptr, 10);

  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::perror("socket");
    return 1;
  }
  iovec data{payload.data(), payload.size()};
  std::vector<mmsghdr> messages(kBatch);
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &data;
    message.msg_hdr.msg_iovlen = 1;
  }

  TakeProcessor();
  const int64_t start_ns = NowNs();
  const int64_t end_ns = start_ns + seconds * kSecondNs;
  int64_t sent = 0;
  int64_t now_ns = start_ns;
  for (int64_t step_ns = start_ns; now_ns < end_ns; step_ns += kStepNs) {
    SleepUntil(step_ns);
    now_ns = NowNs();
    const int64_t due = (std::min(now_ns, end_ns) - start_ns) * rate / kSecondNs;
    while (sent < due) {
      const auto count = static_cast<unsigned>(std::min<int64_t>(due - sent, kBatch));
      const int64_t stamp_ns = NowNs();
      std::memcpy(payload.data(), &stamp_ns, std::min(payload.size(), sizeof stamp_ns));
      const int done = sendmmsg(fd, messages.data(), count, 0);
      // A port that nobody reads answers with an error that the next send reports; the packet
      // before was sent.
      if (done < 0 && errno != ECONNREFUSED && errno != EINTR) {
        std::perror("sendmmsg");
        return 1;
      }
      sent += std::max(done, 0);
    }
  }
  const double elapsed = static_cast<double>(NowNs() - start_ns) / static_cast<double>(kSecondNs);
  std::printf("{\"sent\":%" PRId64 ",\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n", sent, elapsed,
              CpuSeconds());
  return 0;
}
