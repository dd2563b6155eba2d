#ifndef PACKET_LOGS_VALUE_BUILDER_H_
#define PACKET_LOGS_VALUE_BUILDER_H_

#include <node_api.h>

#include <cstdint>
#include <string>

namespace packet_logs {

// Makes JavaScript values with plain Node-API calls, and remembers whether one failed. A worker can
// be terminated between any two of them; from then on they fail, and node-addon-api would end the
// process for it.
class ValueBuilder {
 public:
  explicit ValueBuilder(napi_env env) : env_(env) {}

  napi_value Undefined() { return Make(napi_get_undefined); }
  napi_value Boolean(bool value) { return Make(napi_get_boolean, value); }
  napi_value Number(double value) { return Make(napi_create_double, value); }
  napi_value Number(uint64_t value) { return Number(static_cast<double>(value)); }
  napi_value Number(uint32_t value) { return Make(napi_create_uint32, value); }
  napi_value Number(int32_t value) { return Make(napi_create_int32, value); }
  napi_value Object() { return Make(napi_create_object); }
  napi_value Array() { return Make(napi_create_array); }
  napi_value Text(const std::string& text) {
    return Make(napi_create_string_utf8, text.data(), text.size());
  }
  napi_value Error(const std::string& message) {
    return Make(napi_create_error, napi_value{nullptr}, Text(message));
  }
  // A Buffer with a copy of the bytes.
  napi_value Bytes(const std::string& bytes) {
    return Make(napi_create_buffer_copy, bytes.size(), static_cast<const void*>(bytes.data()),
                static_cast<void**>(nullptr));
  }
  // An ArrayBuffer whose memory is not cleared: of all that Node-API has, only a Buffer's is not.
  napi_value Memory(size_t size, uint8_t** data) {
    void* memory = nullptr;
    napi_value view = Make(napi_create_buffer, size, &memory);
    napi_value buffer = nullptr;
    ok_ = ok_ && napi_get_typedarray_info(env_, view, nullptr, nullptr, nullptr, &buffer,
                                          nullptr) == napi_ok;
    *data = ok_ ? static_cast<uint8_t*>(memory) : nullptr;
    return buffer;
  }

  void Set(napi_value object, const char* name, napi_value value) {
    ok_ = ok_ && napi_set_named_property(env_, object, name, value) == napi_ok;
  }
  void SetAt(napi_value array, uint32_t index, napi_value value) {
    ok_ = ok_ && napi_set_element(env_, array, index, value) == napi_ok;
  }
  napi_value Get(napi_value object, const char* name) {
    return Make(napi_get_named_property, object, name);
  }

  bool ok() const { return ok_; }

 private:
  template <typename... Parameters, typename... Arguments>
  napi_value Make(napi_status (*call)(napi_env, Parameters...), Arguments... arguments) {
    napi_value value = nullptr;
    ok_ = ok_ && call(env_, arguments..., &value) == napi_ok;
    return ok_ ? value : nullptr;
  }

  napi_env env_;
  bool ok_ = true;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_VALUE_BUILDER_H_
