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

-- wrk adds to the latencies what a client would have met that sends at an even rate, this very run's (stats_correct in its
-- src/stats.c): the faster a server, the more often one slow answer counts. Here every server is sent as much as it takes,
-- so take out again what was added: the longest latency stands as it was found, and says what it added below.
local function as_found(summary, latency)
  local interval = math.floor(summary.duration / math.floor(summary.requests / tonumber(os.getenv("CONNECTIONS"))))
  local latencies, counts = {}, {}
  for index = 1, #latency do
    local us, count = latency(index)
    latencies[index], counts[us] = us, count
  end
  for index = #latencies, 1, -1 do
    local us = latencies[index]
    if us >= 2 * interval and counts[us] > 0 then
      for added = us - interval, interval + 1, -interval do counts[added] = counts[added] - counts[us] end
    end
  end
  return latencies, counts
end

local function percentile(share, latencies, counts)
  local total, below = 0, 0
  for _, us in ipairs(latencies) do total = total + counts[us] end
  for _, us in ipairs(latencies) do
    below = below + counts[us]
    if below >= total * share / 100 then return us end
  end
end

function done(summary, latency, _)
  local latencies, counts = as_found(summary, latency)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration,
    percentile(50, latencies, counts), percentile(99, latencies, counts),
    e.connect + e.read + e.write + e.status + e.timeout))
end
