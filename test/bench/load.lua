-- Sends the requests of a file, each connection thread from the first to the last and again; see corpus.mjs for its form.
-- The second argument: how many milliseconds a connection waits before a request, on average.
local requests = {}
local at = 0
local pause = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local line = file:read("*l")
    if line == nil then break end
    requests[#requests + 1] = file:read(tonumber(line))
  end
  file:close()
  pause = tonumber(args[2] or "0")
  if pause > 0 then
    function delay() return math.floor(math.random() * 2 * pause + 0.5) end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  io.write(string.format(
    "RESULT {\"requests\":%d,\"durationUs\":%d,\"errors\":%d,\"notOk\":%d,\"p50Us\":%d,\"p99Us\":%d}\n",
    summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.errors.status, latency:percentile(50), latency:percentile(99)))
end
