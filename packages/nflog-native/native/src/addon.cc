#include <napi.h>

#include <string>

#include "nflog_binding.h"
#include "packet_batch.h"
#include "unix_datagram.h"

namespace {

// connectUnixDatagram(path): a file descriptor, or a negative errno.
Napi::Value ConnectUnixDatagram(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "path must be a string").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  return Napi::Number::New(env, packet_logs::ConnectUnixDatagram(path));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("NflogBinding", packet_logs::NflogBinding::Define(env));
  exports.Set("connectUnixDatagram", Napi::Function::New<ConnectUnixDatagram>(env));
  exports.Set("layoutVersion", Napi::Number::New(env, packet_logs::kLayoutVersion));
  exports.Set("recordWords", Napi::Number::New(env, packet_logs::kRecordWords));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
