"""Real calls over loopback for benchmark and soak: elders' telephones, and a gateway that rings them."""
