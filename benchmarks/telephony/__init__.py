"""Real calls over loopback for benchmark and soak: elders' telephones, and a gateway that rings them."""

from speech.allocator import share_arenas

share_arenas()  # as the product does, before libraries start threads
