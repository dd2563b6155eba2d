#include "nflog_binding.h"

#include <cerrno>
#include <string>

namespace packet_logs {

namespace {

// Prefixes and devices of a host are few; rules that come and go for years must not fill the memory
// all the same.
constexpr size_t kStringsKept = 4096;

// What an open socket allocates, told to the garbage collector so that forgotten ones are found in
// time.
constexpr int64_t kMemoryBytes = int64_t{320} * 1024;

// Reads numbers of an options object; the first one that is missing or out of range leaves a
// TypeError pending.
class NumberReader {
 public:
  NumberReader(Napi::Env env, Napi::Object object) : env_(env), object_(object) {}

  uint32_t operator()(const char* name, uint32_t max) {
    if (env_.IsExceptionPending()) return 0;
    const Napi::Value value = object_.Get(name);
    if (!value.IsNumber()) return Reject(name);
    const double number = value.As<Napi::Number>().DoubleValue();
    if (!(number >= 0 && number <= max)) return Reject(name);
    return static_cast<uint32_t>(number);
  }

 private:
  uint32_t Reject(const char* name) {
    Napi::TypeError::New(env_, std::string(name) + " must be a number in range")
        .ThrowAsJavaScriptException();
    return 0;
  }

  Napi::Env env_;
  Napi::Object object_;
};

GroupConfig ReadGroupConfig(NumberReader& number) {
  GroupConfig config;
  config.copy_mode = static_cast<uint8_t>(number("copyMode", UINT8_MAX));
  config.copy_range = number("copyRange", UINT32_MAX);
  config.netlink_buffer_bytes = number("netlinkBufferBytes", UINT32_MAX);
  config.flush_centiseconds = number("flushCentiseconds", UINT32_MAX);
  config.queue_threshold = number("queueThreshold", UINT32_MAX);
  config.flags = static_cast<uint16_t>(number("flags", UINT16_MAX));
  return config;
}

Napi::Error MakeError(Napi::Env env, const ReaderFailure& failure) {
  const std::string code = uv_err_name(-failure.failure.error);
  Napi::Error error = Napi::Error::New(
      env, code + ": " + uv_strerror(-failure.failure.error) + ", " + failure.failure.call);
  Napi::Object fields = error.Value();
  fields.Set("syscall", Napi::String::New(env, failure.failure.call));
  fields.Set("errno", Napi::Number::New(env, failure.failure.error));
  fields.Set("osCode", Napi::String::New(env, code));
  if (failure.group >= 0) fields.Set("group", Napi::Number::New(env, failure.group));
  if (failure.failure.error == EPERM) {
    fields.Set("privileged", Napi::Boolean::New(env, NflogSocket::IsPrivileged()));
  }
  return error;
}

}  // namespace

Napi::Function NflogBinding::Define(Napi::Env env) {
  return DefineClass(env, "NflogBinding",
                     {
                         InstanceMethod<&NflogBinding::Request>("request"),
                         InstanceMethod<&NflogBinding::Read>("read"),
                         InstanceMethod<&NflogBinding::Configure>("configure"),
                         InstanceMethod<&NflogBinding::Unbind>("unbind"),
                         InstanceMethod<&NflogBinding::CloseFromScript>("close"),
                         InstanceMethod<&NflogBinding::Ref>("ref"),
                         InstanceMethod<&NflogBinding::Unref>("unref"),
                         InstanceMethod<&NflogBinding::Stats>("stats"),
                         InstanceMethod<&NflogBinding::ResetStats>("resetStats"),
                         InstanceAccessor<&NflogBinding::GetFd>("fd"),
                     });
}

NflogBinding::NflogBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NflogBinding>(info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[0].IsObject() || !info[1].IsFunction() || !info[2].IsFunction()) {
    Napi::TypeError::New(env, "expected (options, onBatch, onFailure)")
        .ThrowAsJavaScriptException();
    return;
  }
  const auto object = info[0].As<Napi::Object>();
  const Napi::Value groups = object.Get("groups");
  if (!groups.IsTypedArray() ||
      groups.As<Napi::TypedArray>().TypedArrayType() != napi_uint16_array) {
    Napi::TypeError::New(env, "groups must be a Uint16Array").ThrowAsJavaScriptException();
    return;
  }
  ReaderOptions options;
  const auto group_array = groups.As<Napi::Uint16Array>();
  options.groups.assign(group_array.Data(), group_array.Data() + group_array.ElementLength());
  NumberReader number(env, object);
  options.config = ReadGroupConfig(number);
  options.receive_buffer_bytes = number("receiveBufferBytes", UINT32_MAX);
  options.silence_overruns = object.Get("silenceOverruns").ToBoolean();
  report_overruns_ = object.Get("reportOverruns").ToBoolean();
  if (env.IsExceptionPending()) return;

  ReaderFailure failure = reader_.Open(options);
  if (!failure) {
    int error = 0;
    poll_ =
        LoopPoll::Open(env, reader_.fd(), [this] { OnReadable(); }, [this] { Close(); }, &error);
    failure.failure = {-error, "uv_poll_init"};
  }
  if (failure) {
    reader_.Close();
    MakeError(env, failure).ThrowAsJavaScriptException();
    return;
  }
  // As properties, where the garbage collector sees them: references from here would keep a socket
  // that was forgotten without close() alive for ever, because the callbacks refer to it.
  Value().Set("onBatch", info[1]);
  Value().Set("onFailure", info[2]);
  context_ = std::make_unique<Napi::AsyncContext>(env, "NflogSocket");
  Napi::MemoryManagement::AdjustExternalMemory(env, kMemoryBytes);
}

NflogBinding::~NflogBinding() { Close(); }

void NflogBinding::Request(const Napi::CallbackInfo& /*info*/) {
  if (poll_ == nullptr) return;
  wanted_ = true;
  SetPolling(true);
}

// Reads at once, whether or not a batch was requested; true when there was anything.
Napi::Value NflogBinding::Read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (poll_ == nullptr) return Napi::Boolean::New(env, false);
  bool overrun = false;
  const Failure failure = reader_.Fill(&overrun);
  const bool any = reader_.batch().count() != 0;
  Deliver(false);
  if (overrun && report_overruns_) Report({{ENOBUFS, "recv"}}, false);
  if (failure) Report({failure}, false);
  return Napi::Boolean::New(env, any);
}

void NflogBinding::Configure(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (poll_ == nullptr) return;
  if (info.Length() != 1 || !info[0].IsObject()) {
    Napi::TypeError::New(env, "expected (options)").ThrowAsJavaScriptException();
    return;
  }
  NumberReader number(env, info[0].As<Napi::Object>());
  const GroupConfig config = ReadGroupConfig(number);
  const uint32_t receive_buffer_bytes = number("receiveBufferBytes", UINT32_MAX);
  if (env.IsExceptionPending()) return;
  ReaderFailure failure{reader_.SetReceiveBuffer(receive_buffer_bytes)};
  if (!failure) failure = reader_.Configure(config);
  Deliver(false);
  if (failure) MakeError(env, failure).ThrowAsJavaScriptException();
}

void NflogBinding::Unbind(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) reader_.Unbind();
}

void NflogBinding::CloseFromScript(const Napi::CallbackInfo& /*info*/) { Close(); }

void NflogBinding::Ref(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) poll_->SetRef(true);
}

void NflogBinding::Unref(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) poll_->SetRef(false);
}

Napi::Value NflogBinding::Stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ReaderStats& stats = reader_.stats();
  Napi::Object result = Napi::Object::New(env);
  const auto set = [&](const char* name, uint64_t value) {
    result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("packets", stats.packets);
  set("payloadBytes", stats.payload_bytes);
  set("datagrams", stats.datagrams);
  set("lost", stats.lost);
  set("overruns", stats.overruns);
  set("droppedDatagrams", reader_.DroppedDatagrams());
  set("truncatedDatagrams", stats.truncated);
  set("malformed", stats.malformed);
  set("receiveBufferBytes", reader_.ReceiveBufferBytes());
  return result;
}

void NflogBinding::ResetStats(const Napi::CallbackInfo& /*info*/) { reader_.ResetStats(); }

Napi::Value NflogBinding::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), reader_.fd());
}

void NflogBinding::OnReadable() {
  const Napi::HandleScope scope(Env());
  bool overrun = false;
  const Failure failure = reader_.Fill(&overrun);
  const bool has_news = reader_.batch().count() != 0 || failure || (overrun && report_overruns_);
  if (!has_news) return;
  // One request, one batch. Whoever wants more has asked again by the time the callbacks return.
  wanted_ = false;
  Deliver(true);
  if (overrun && report_overruns_) Report({{ENOBUFS, "recv"}}, true);
  if (failure) Report({failure}, true);
  if (!wanted_) SetPolling(false);
}

// Polling keeps this object alive: somebody waits for it, even if nothing else refers to it.
void NflogBinding::SetPolling(bool polling) {
  if (poll_ == nullptr || polling == polling_) return;
  polling_ = polling;
  if (polling) {
    Napi::ObjectWrap<NflogBinding>::Ref();
    poll_->Start();
  } else {
    poll_->Stop();
    Napi::ObjectWrap<NflogBinding>::Unref();
  }
}

void NflogBinding::Close() {
  if (poll_ == nullptr) return;
  SetPolling(false);
  // First the handle, then the descriptor that it watches.
  poll_->Close();
  poll_ = nullptr;
  reader_.Close();
  context_.reset();
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -kMemoryBytes);
}

void NflogBinding::Deliver(bool from_loop) {
  PacketBatch& batch = reader_.batch();
  if (batch.count() == 0) return;
  const Napi::Env env = Env();
  StringTable& strings = reader_.strings();

  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, batch.byte_size());
  if (env.IsExceptionPending()) return;
  batch.CopyTo(static_cast<uint8_t*>(buffer.Data()));

  const bool first_strings = strings_delivered_ == 0;
  Napi::Value added = env.Undefined();
  if (strings.size() > strings_delivered_) {
    Napi::Array list = Napi::Array::New(env);
    uint32_t i = 0;
    for (; strings_delivered_ < strings.size(); ++strings_delivered_) {
      const std::string& text = strings.at(strings_delivered_);
      list.Set(i++, Napi::Buffer<char>::Copy(env, text.data(), text.size()));
    }
    added = list;
  }
  Napi::Value gaps = env.Undefined();
  if (!batch.gaps().empty()) {
    Napi::Array list = Napi::Array::New(env, batch.gaps().size());
    uint32_t i = 0;
    for (const Gap& gap : batch.gaps()) {
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("at", Napi::Number::New(env, gap.at));
      if (gap.lost != 0) {
        entry.Set("group", Napi::Number::New(env, gap.group));
        entry.Set("lost", Napi::Number::New(env, gap.lost));
        entry.Set("from", Napi::Number::New(env, gap.from));
        entry.Set("to", Napi::Number::New(env, gap.to));
      }
      list.Set(i++, entry);
    }
    gaps = list;
  }
  const Napi::Value count = Napi::Number::New(env, static_cast<double>(batch.count()));
  batch.Clear();
  if (strings.size() > kStringsKept) {
    strings.Clear();
    strings_delivered_ = 0;
  }
  Call("onBatch", {buffer, count, added, gaps, Napi::Boolean::New(env, first_strings)}, from_loop);
}

void NflogBinding::Report(const ReaderFailure& failure, bool from_loop) {
  if (poll_ == nullptr) return;
  Call("onFailure", {MakeError(Env(), failure).Value()}, from_loop);
}

void NflogBinding::Call(const char* callback, const std::initializer_list<napi_value>& arguments,
                        bool from_loop) {
  const Napi::Env env = Env();
  const Napi::Value function = Value().Get(callback);
  if (!function.IsFunction()) return;
  if (!from_loop) {
    function.As<Napi::Function>().Call(Value(), arguments);
    return;
  }
  function.As<Napi::Function>().MakeCallback(Value(), arguments, *context_);
  // On the loop nobody is above us to catch.
  if (env.IsExceptionPending()) {
    const Napi::Error error = env.GetAndClearPendingException();
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace packet_logs
