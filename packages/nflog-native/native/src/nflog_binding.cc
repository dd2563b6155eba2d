#include "nflog_binding.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "value_builder.h"

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

// The options that a socket is opened or changed with; leaves an exception pending when one is
// wrong.
ReaderOptions ReadOptions(Napi::Env env, Napi::Object object) {
  ReaderOptions options;
  const Napi::Value groups = object.Get("groups");
  if (!groups.IsTypedArray() ||
      groups.As<Napi::TypedArray>().TypedArrayType() != napi_uint16_array) {
    Napi::TypeError::New(env, "groups must be a Uint16Array").ThrowAsJavaScriptException();
    return options;
  }
  const auto group_array = groups.As<Napi::Uint16Array>();
  options.groups.assign(group_array.Data(), group_array.Data() + group_array.ElementLength());
  NumberReader number(env, object);
  options.config = ReadGroupConfig(number);
  options.receive_buffer_bytes = number("receiveBufferBytes", UINT32_MAX);
  options.receive_buffer_max_bytes = number("receiveBufferMaxBytes", UINT32_MAX);
  options.silence_overruns = object.Get("silenceOverruns").ToBoolean();
  return options;
}

napi_value MakeError(ValueBuilder& make, const ReaderFailure& failure) {
  const int error = failure.failure.error;
  const std::string code = uv_err_name(-error);
  napi_value value = make.Error(code + ": " + uv_strerror(-error) + ", " + failure.failure.call);
  make.Set(value, "syscall", make.Text(failure.failure.call));
  make.Set(value, "errno", make.Number(int32_t{error}));
  make.Set(value, "osCode", make.Text(code));
  if (failure.group >= 0) make.Set(value, "group", make.Number(int32_t{failure.group}));
  if (error == EPERM) {
    make.Set(value, "privileged", make.Boolean(NflogSocket::CheckPrivilege().error != EPERM));
  }
  return value;
}

void Throw(napi_env env, const ReaderFailure& failure) {
  ValueBuilder make(env);
  napi_value error = MakeError(make, failure);
  if (make.ok()) napi_throw(env, error);
}

// The strings that JavaScript has not seen yet.
napi_value MakeStrings(ValueBuilder& make, const StringTable& strings, size_t from) {
  napi_value list = make.Array();
  uint32_t at = 0;
  for (size_t i = from; i < strings.size(); ++i) make.SetAt(list, at++, make.Bytes(strings.at(i)));
  return list;
}

napi_value MakeGaps(ValueBuilder& make, const std::vector<Gap>& gaps) {
  napi_value list = make.Array();
  uint32_t at = 0;
  for (const Gap& gap : gaps) {
    napi_value entry = make.Object();
    make.Set(entry, "at", make.Number(gap.at));
    if (gap.lost != 0) {
      make.Set(entry, "group", make.Number(uint32_t{gap.group}));
      make.Set(entry, "lost", make.Number(gap.lost));
      make.Set(entry, "from", make.Number(gap.from));
      make.Set(entry, "to", make.Number(gap.to));
    }
    make.SetAt(list, at++, entry);
  }
  return list;
}

}  // namespace

Napi::Function NflogBinding::Define(Napi::Env env) {
  return DefineClass(env, "NflogBinding",
                     {
                         InstanceMethod<&NflogBinding::Request>("request"),
                         InstanceMethod<&NflogBinding::Rest>("rest"),
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
  const ReaderOptions options = ReadOptions(env, object);
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
    Throw(env, failure);
    return;
  }
  // As properties, where the garbage collector sees them: references from here would keep a socket
  // that was forgotten without close() alive for ever, because the callbacks refer to it.
  Value().Set("onBatch", info[1]);
  Value().Set("onFailure", info[2]);
  context_ = std::make_unique<Napi::AsyncContext>(env, "NflogSocket");
  Napi::MemoryManagement::AdjustExternalMemory(env, kMemoryBytes);
  // Packets of one group can come while the next is being bound. No event will tell of them again.
  Deliver({}, false);
}

NflogBinding::~NflogBinding() { Close(); }

void NflogBinding::Request(const Napi::CallbackInfo& /*info*/) {
  if (poll_ == nullptr) return;
  wanted_ = true;
  SetPolling(true);
}

void NflogBinding::Rest(const Napi::CallbackInfo& /*info*/) {
  wanted_ = false;
  SetPolling(false);
}

// Reads at once, whether or not a batch was requested; true when there was anything.
Napi::Value NflogBinding::Read(const Napi::CallbackInfo& info) {
  const bool any = poll_ != nullptr && Deliver(reader_.Fill(), false);
  return Napi::Boolean::New(info.Env(), any);
}

void NflogBinding::Configure(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (poll_ == nullptr) return;
  if (info.Length() != 1 || !info[0].IsObject()) {
    Napi::TypeError::New(env, "expected (options)").ThrowAsJavaScriptException();
    return;
  }
  const auto object = info[0].As<Napi::Object>();
  const ReaderOptions options = ReadOptions(env, object);
  const bool report_overruns = object.Get("reportOverruns").ToBoolean();
  if (env.IsExceptionPending()) return;
  if (const ReaderFailure failure = reader_.Configure(options)) {
    Throw(env, failure);
  } else {
    report_overruns_ = report_overruns;
  }
}

Napi::Value NflogBinding::Unbind(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), poll_ == nullptr || reader_.Unbind());
}

void NflogBinding::CloseFromScript(const Napi::CallbackInfo& /*info*/) { Close(); }

void NflogBinding::Ref(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) poll_->SetRef(true);
}

void NflogBinding::Unref(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) poll_->SetRef(false);
}

Napi::Value NflogBinding::Stats(const Napi::CallbackInfo& info) {
  const ReaderStats& stats = reader_.stats();
  const QueueState queue = reader_.Queue();
  ValueBuilder make(info.Env());
  napi_value result = make.Object();
  make.Set(result, "packets", make.Number(stats.packets));
  make.Set(result, "payloadBytes", make.Number(stats.payload_bytes));
  make.Set(result, "datagrams", make.Number(stats.datagrams));
  make.Set(result, "lost", make.Number(stats.lost));
  make.Set(result, "overruns", make.Number(stats.overruns));
  make.Set(result, "droppedDatagrams", make.Number(queue.dropped));
  make.Set(result, "truncatedDatagrams", make.Number(stats.truncated));
  make.Set(result, "malformed", make.Number(stats.malformed));
  make.Set(result, "receiveBufferBytes", make.Number(queue.capacity_bytes));
  make.Set(result, "receiveBufferPeakBytes",
           make.Number(std::max(stats.queue_peak, queue.used_bytes)));
  return {info.Env(), result};
}

void NflogBinding::ResetStats(const Napi::CallbackInfo& /*info*/) { reader_.ResetStats(); }

Napi::Value NflogBinding::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), reader_.fd());
}

void NflogBinding::OnReadable() {
  const Napi::HandleScope scope(Env());
  Deliver(reader_.Fill(), true);
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
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -kMemoryBytes);
}

bool NflogBinding::Deliver(const Failure& failure, bool from_loop) {
  const bool overrun = reader_.TakeOverrun() && report_overruns_;
  const bool any = reader_.batch().count() != 0;
  if (any) DeliverBatch(from_loop);
  if (overrun) Report({ENOBUFS, "recv"}, from_loop);
  if (failure) Report(failure, from_loop);
  return any;
}

void NflogBinding::DeliverBatch(bool from_loop) {
  PacketBatch& batch = reader_.batch();
  StringTable& strings = reader_.strings();
  ValueBuilder make(Env());

  uint8_t* memory = nullptr;
  napi_value buffer = make.Memory(batch.byte_size(), &memory);
  if (memory != nullptr) batch.CopyTo(memory);
  napi_value count = make.Number(uint64_t{batch.count()});
  const bool has_strings = strings.size() > strings_delivered_;
  napi_value added =
      has_strings ? MakeStrings(make, strings, strings_delivered_) : make.Undefined();
  napi_value gaps = batch.gaps().empty() ? make.Undefined() : MakeGaps(make, batch.gaps());
  napi_value start_over = make.Boolean(strings_delivered_ == 0);

  batch.Clear();
  strings_delivered_ = strings.size();
  if (strings.size() > kStringsKept) {
    strings.Clear();
    strings_delivered_ = 0;
  }
  if (make.ok()) Call("onBatch", {buffer, count, added, gaps, start_over}, from_loop);
}

void NflogBinding::Report(const Failure& failure, bool from_loop) {
  if (poll_ == nullptr) return;
  ValueBuilder make(Env());
  napi_value error = MakeError(make, {failure});
  if (make.ok()) Call("onFailure", {error}, from_loop);
}

void NflogBinding::Call(const char* callback, const std::initializer_list<napi_value>& arguments,
                        bool from_loop) {
  napi_env env = Env();
  ValueBuilder make(env);
  napi_value self = Value();
  napi_value function = make.Get(self, callback);
  if (!make.ok()) return;
  wanted_ = false;
  if (from_loop) {
    napi_make_callback(env, *context_, self, function, arguments.size(), arguments.begin(),
                       nullptr);
    // On the loop nobody is above us to catch.
    bool is_pending = false;
    napi_value exception = nullptr;
    if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
        napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
      napi_fatal_exception(env, exception);
    }
  } else {
    // An exception goes on to whoever called us.
    napi_call_function(env, self, function, arguments.size(), arguments.begin(), nullptr);
  }
  if (!wanted_) SetPolling(false);
}

}  // namespace packet_logs
