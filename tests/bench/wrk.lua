-- Send the requests of a file made by signed.py, one after the other and again from the first; count what isn't 200.
local requests, next_request = {}, 0
local failed = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local all = file:read("*a")
  file:close()
  -- "<bytes of the shared body>\n<body>" and then, for each request, "<bytes of the head>\n<head>"
  local position = 1
  local function piece()
    local line_end = string.find(all, "\n", position, true)
    if not line_end then return nil end
    local size = tonumber(string.sub(all, position, line_end - 1))
    position = line_end + 1 + size
    return string.sub(all, line_end + 1, line_end + size)
  end
  local body = piece()
  local head = piece()
  while head do
    requests[#requests + 1] = head .. body
    head = piece()
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function response(status)
  if status ~= 200 then
    failed = failed + 1
    failures = failed
  end
end

failures = 0

function done(summary, latency)
  local failed_of_all = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do failed_of_all = failed_of_all + thread:get("failures") end
  print(string.format("RESULT %d %d %d %d %d %d", summary.requests, summary.duration, failed_of_all,
    latency:percentile(50), latency:percentile(99), latency.max))
end
