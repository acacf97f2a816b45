{
  "hypervisor": "Kvm",
  "cpu_vendor": "Intel",
  "adjustments": [
    [{"leaf": "0x00000000", "sub_leaf": {"start": "0x0", "end": "0x0"}, "register": "EAX"}, {"replacements": "0x00000007", "mask": "0x00000000"}],
    [{"leaf": "0x00000000", "sub_leaf": {"start": "0x0", "end": "0x0"}, "register": "EBX"}, {"replacements": "0x00000000", "mask": "0xffffffff"}],
    [{"leaf": "0x00000004", "sub_leaf": {"start": 0, "end": 4294967295}, "register": "EAX"}, {"replacements": "0x00000000", "mask": "0xffffc3ff"}],
    [{"leaf": "0x00000007", "sub_leaf": {"start": "0x0", "end": "0x0"}, "register": "EBX"}, {"replacements": "0x00000021", "mask": "0x00002040"}]
  ]
}
