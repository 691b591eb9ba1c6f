-- Send the requests in the file REQUESTS one after the other, and from the first again when all are sent.
local requests, at = {}, 0

function init(_)
  local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
  local body = file:read(tonumber(file:read("*l")))
  body = body or ""
  for head in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = head .. body
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
