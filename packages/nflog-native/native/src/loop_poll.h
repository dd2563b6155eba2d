// Readability of a file descriptor, on the event loop of one Node environment (the main thread's or
// a worker's).
#ifndef PACKET_LOGS_LOOP_POLL_H_
#define PACKET_LOGS_LOOP_POLL_H_

#include <node_api.h>
#include <uv.h>

#include <functional>

namespace packet_logs {

// libuv frees a handle only after a turn of the loop, so this lives on the heap and deletes itself
// after Close(). Node waits for that before it ends an environment.
class LoopPoll {
 public:
  // `on_readable` runs on the loop; `on_teardown` when the environment ends first, and must call
  // Close(). Returns null and sets `error` (a libuv error code) on failure.
  static LoopPoll* Open(napi_env env, int fd, std::function<void()> on_readable,
                        std::function<void()> on_teardown, int* error);

  LoopPoll(const LoopPoll&) = delete;
  LoopPoll& operator=(const LoopPoll&) = delete;

  int Start();
  void Stop();
  void SetRef(bool ref);
  // Neither callback runs afterwards; the pointer is no longer yours.
  void Close();

 private:
  LoopPoll(std::function<void()> on_readable, std::function<void()> on_teardown);
  ~LoopPoll() = default;

  static void OnPoll(uv_poll_t* handle, int status, int events);
  static void OnTeardown(napi_async_cleanup_hook_handle hook, void* data);
  static void OnClosed(uv_handle_t* handle);

  uv_poll_t handle_ = {};
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;
  std::function<void()> on_readable_;
  std::function<void()> on_teardown_;
  bool closing_ = false;
  bool started_ = false;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_LOOP_POLL_H_
