"""Keep the bus of one process: partitions, groups, bounded retention, and bytes as on Kafka."""

from vitrine.bus.memory.bus import MemoryBus
from vitrine.bus.memory.consumer import MemoryConsumer
from vitrine.bus.memory.producer import MemoryProducer
from vitrine.bus.memory.state import READ_BYTES
from vitrine.bus.memory.tail import MemoryTail

__all__ = ["READ_BYTES", "MemoryBus", "MemoryConsumer", "MemoryProducer", "MemoryTail"]
