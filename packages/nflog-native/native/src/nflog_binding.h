// What JavaScript sees of a reader: checked arguments, batches on demand, one call into JavaScript
// per batch.
#ifndef PACKET_LOGS_NFLOG_BINDING_H_
#define PACKET_LOGS_NFLOG_BINDING_H_

#include <napi.h>

#include <initializer_list>
#include <memory>

#include "loop_poll.h"
#include "nflog_reader.h"

namespace packet_logs {

// Reading is driven by demand. JavaScript asks for one batch with request(), and takes that back
// with rest(); without a request nothing is polled, and the kernel's receive buffer is the only
// queue.
class NflogBinding : public Napi::ObjectWrap<NflogBinding> {
 public:
  static Napi::Function Define(Napi::Env env);

  // new (options, onBatch, onFailure): opens the socket and binds its groups, or throws an error
  // that carries `syscall`, `errno`, `osCode`, `group` and `privileged`.
  explicit NflogBinding(const Napi::CallbackInfo& info);
  ~NflogBinding() override;

  NflogBinding(const NflogBinding&) = delete;
  NflogBinding& operator=(const NflogBinding&) = delete;

 private:
  void Request(const Napi::CallbackInfo& info);
  void Rest(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  void Configure(const Napi::CallbackInfo& info);
  Napi::Value Unbind(const Napi::CallbackInfo& info);
  void CloseFromScript(const Napi::CallbackInfo& info);
  void Ref(const Napi::CallbackInfo& info);
  void Unref(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  void ResetStats(const Napi::CallbackInfo& info);
  Napi::Value GetFd(const Napi::CallbackInfo& info);

  void OnReadable();
  void SetPolling(bool polling);
  void Close();
  // Hands over what was read: packets to onBatch, then an overrun and `failure` to onFailure. True
  // when there were packets. On the loop, microtasks that this makes ready run before it returns.
  bool Deliver(const Failure& failure, bool from_loop);
  void DeliverBatch(bool from_loop);
  void Report(const Failure& failure, bool from_loop);
  // Answers the request that is under way; whoever wants more has asked again when this returns.
  void Call(const char* callback, const std::initializer_list<napi_value>& arguments,
            bool from_loop);

  NflogReader reader_;
  LoopPoll* poll_ = nullptr;
  std::unique_ptr<Napi::AsyncContext> context_;
  size_t strings_delivered_ = 0;
  bool report_overruns_ = false;
  bool wanted_ = false;
  bool polling_ = false;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NFLOG_BINDING_H_
