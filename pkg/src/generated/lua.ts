// Generated from crates/redis by scripts/lua.mjs: do not edit.

/** Writes a record over the expected revision: 1 if it did, 0 if another is there, -1 if that is no record. */
export const SAVE =
  "local revision = 0\nlocal old = redis.call('GET', KEYS[1])\nif old then\n  local fine, record = pcall(cjson.decode, old)\n  if not fine or type(record) ~= 'table' then return -1 end\n  if type(record.version) ~= 'number' or type(record.revision) ~= 'number' then return -1 end\n  if record.version > cjson.decode(ARGV[2]).version then return -1 end\n  revision = record.revision\nend\nif revision ~= tonumber(ARGV[1]) then return 0 end\nif ARGV[3] == '0' then\n  redis.call('SET', KEYS[1], ARGV[2])\nelse\n  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\nend\nreturn 1\n";

/** Deletes a lease if it is still its owner's. */
export const RELEASE =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end\nreturn 0\n";
