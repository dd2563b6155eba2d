#include "loop_poll.h"

#include <utility>

namespace packet_logs {

LoopPoll::LoopPoll(std::function<void()> on_readable, std::function<void()> on_teardown)
    : on_readable_(std::move(on_readable)), on_teardown_(std::move(on_teardown)) {}

LoopPoll* LoopPoll::Open(napi_env env, int fd, std::function<void()> on_readable,
                         std::function<void()> on_teardown, int* error) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
    *error = UV_EINVAL;
    return nullptr;
  }
  auto* poll = new LoopPoll(std::move(on_readable), std::move(on_teardown));
  *error = uv_poll_init(loop, &poll->handle_, fd);
  if (*error != 0) {
    // libuv keeps nothing of a handle that it failed to initialise.
    delete poll;
    return nullptr;
  }
  poll->handle_.data = poll;
  if (napi_add_async_cleanup_hook(env, OnTeardown, poll, &poll->cleanup_hook_) != napi_ok) {
    poll->Close();
    *error = UV_ECANCELED;
    return nullptr;
  }
  return poll;
}

int LoopPoll::Start() {
  started_ = true;
  return uv_poll_start(&handle_, UV_READABLE, OnPoll);
}

void LoopPoll::Stop() {
  started_ = false;
  uv_poll_stop(&handle_);
}

void LoopPoll::SetRef(bool ref) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_);
  if (ref) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void LoopPoll::Close() {
  if (closing_) return;
  closing_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), OnClosed);
}

// A pending ENOBUFS shows as POLLERR, for which libuv stops the handle and reports EBADF. To us it
// is a reason to read like any other: the read fetches the error, and the poll goes on.
void LoopPoll::OnPoll(uv_poll_t* handle, int status, int /*events*/) {
  auto* poll = static_cast<LoopPoll*>(handle->data);
  poll->on_readable_();
  if (status < 0 && poll->started_ && !poll->closing_) poll->Start();
}

void LoopPoll::OnTeardown(napi_async_cleanup_hook_handle /*hook*/, void* data) {
  auto* poll = static_cast<LoopPoll*>(data);
  // When it is closing already, OnClosed is on its way and Node waits for it.
  if (!poll->closing_) poll->on_teardown_();
}

void LoopPoll::OnClosed(uv_handle_t* handle) {
  auto* poll = static_cast<LoopPoll*>(handle->data);
  if (poll->cleanup_hook_ != nullptr) napi_remove_async_cleanup_hook(poll->cleanup_hook_);
  delete poll;
}

}  // namespace packet_logs
