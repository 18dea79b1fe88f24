"""What Redis does in one step: scripts in its own language, Lua.

Everything that a script touches is under one hash tag, so one node of a Cluster has all of it.

May know: nothing else of this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the name that Redis gives it once it has seen it."""

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the script as Redis does."""
        digest = sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "digest", digest)


NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
"""

# KEYS: record, mark of its owner.
# The record or null; then three numbers: what it has left, the time, its owner's mark or 0.
LOAD = Script(
    NOW
    + """
return {
  redis.call('GET', KEYS[1]),
  redis.call('PTTL', KEYS[1]),
  now,
  tonumber(redis.call('GET', KEYS[2]) or 0),
}
"""
)

# What has ended is taken from an index a thousand at a time: Lua passes on some 8000 at most.
INDEXED = """
local index, ends, lasting = KEYS[1], KEYS[2], tonumber(ARGV[3]) * 1000
redis.call('ZADD', index, ARGV[2], ARGV[1])
redis.call('ZADD', ends, whole(now + lasting), ARGV[1])
local over = redis.call('ZRANGEBYSCORE', ends, '-inf', whole(now), 'LIMIT', 0, 1000)
if #over > 0 then
  redis.call('ZREM', index, unpack(over))
  redis.call('ZREM', ends, unpack(over))
end
for _, name in ipairs({index, ends}) do
  if redis.call('PTTL', name) < lasting then redis.call('PEXPIRE', name, whole(lasting)) end
end
"""

# KEYS: index, its ends. ARGV: member, since, lasting.
INDEX = Script(NOW + INDEXED)

# KEYS: index of the owner, its ends, record. ARGV: member, since, lasting, value, ttl.
SAVE = Script(NOW + INDEXED + "redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])")

# KEYS: record. ARGV: old, new.
REPLACE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
""")

# KEYS: index of the owner, its ends, record. ARGV: member.
DELETE = Script("""
redis.call('UNLINK', KEYS[3])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
""")

MARKED = """
local old, lasting = redis.call('GET', KEYS[1]), tonumber(ARGV[1]) * 1000
local mark = math.max(tonumber(old or 0), tonumber(ARGV[2]) or now)
local life = math.max(lasting, redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], whole(mark), 'PX', whole(life))
"""

# KEYS: mark. ARGV: lasting, before (empty: now).
MARK = Script(NOW + MARKED)

# KEYS: mark, index of the owner, its ends. ARGV: lasting, before, owner, what names a record of it.
END = Script(
    NOW
    + MARKED
    + """
local found, ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', whole(mark)), 0
for start = 1, #found, 1000 do
  local members, records = {}, {}
  for place = start, math.min(start + 999, #found) do
    local member = found[place]
    if string.sub(member, 1, #ARGV[3]) == ARGV[3] then
      table.insert(members, member)
      table.insert(records, ARGV[4] .. string.sub(member, #ARGV[3] + 1))
    end
  end
  if #members > 0 then
    ended = ended + redis.call('UNLINK', unpack(records))
    redis.call('ZREM', KEYS[2], unpack(members))
    redis.call('ZREM', KEYS[3], unpack(members))
  end
end
return ended
"""
)

# KEYS: used name. ARGV: a word of the caller's own, ttl. Whoever asks twice, as its first answer
# was lost, has used the name itself.
USE = Script(
    NOW
    + """
if not redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'NX') then
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
end
return now
"""
)

# KEYS: lease. ARGV: holder, milliseconds.
HOLD = Script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

# KEYS: lease. ARGV: holder.
RELEASE = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
""")
