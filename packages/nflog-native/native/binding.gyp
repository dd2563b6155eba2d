{
  'targets': [
    {
      'target_name': 'nflog',
      'sources': [
        'src/addon.cc',
        'src/conntrack.cc',
        'src/link_names.cc',
        'src/loop_poll.cc',
        'src/nflog_binding.cc',
        'src/nflog_message.cc',
        'src/nflog_reader.cc',
        'src/nflog_socket.cc',
        'src/packet_batch.cc',
        'src/unix_datagram.cc'
      ],
      'defines': [
        'NAPI_VERSION=8',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        # A terminated worker fails every call; that is no reason to end the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'
      ],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': [
        '-std=c++17',
        '-Wall', '-Wextra', '-Wconversion', '-Wshadow',
        '-fvisibility=hidden',
        # As a system folder, so that warnings are about this package's own code.
        '-isystem<!(node -p "require(\'path\').dirname(require.resolve(\'node-addon-api\'))")'
      ]
    }
  ]
}
