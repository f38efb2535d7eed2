local revision = 0
local old = redis.call('GET', KEYS[1])
if old then
  local fine, record = pcall(cjson.decode, old)
  if not fine or type(record) ~= 'table' then return -1 end
  if type(record.version) ~= 'number' or type(record.revision) ~= 'number' then return -1 end
  if record.version > cjson.decode(ARGV[2]).version then return -1 end
  revision = record.revision
end
if revision ~= tonumber(ARGV[1]) then return 0 end
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
