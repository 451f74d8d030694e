"""The SLA engine: PromQL in, outages, notices and reports out; imported by nobody."""
