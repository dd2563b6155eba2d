#include <napi.h>

#include "nflog_binding.h"
#include "packet_batch.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("NflogBinding", packet_logs::NflogBinding::Define(env));
  exports.Set("layoutVersion", Napi::Number::New(env, packet_logs::kLayoutVersion));
  exports.Set("recordWords", Napi::Number::New(env, packet_logs::kRecordWords));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
