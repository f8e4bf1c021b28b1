// Lines in other formats than Envoy's own: found, or honestly not.
#include "report/recording/access_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using hoplab::report::recording::AccessReader;
using hoplab::scenarios::AccessLogFile;
using hoplab::scenarios::FormatText;

AccessLogFile text_file(const std::string& format) {
  AccessLogFile file;
  file.text = FormatText{{}, format};
  return file;
}

const std::string default_format(hoplab::scenarios::default_log_format);

// The format of Istio's sidecars, and a line of one (istio.io, "Traffic Shifting" era,
// Envoy 1.12+).
const std::string istio_format =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER% "
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";
const std::string istio_line =
    R"([2022-02-09T13:34:21.473Z] "GET / HTTP/1.1" 503 UF,URX )"
    R"(upstream_reset_before_response_started{connection_failure} - "-" 0 91 24255 - "-" )"
    R"("curl/7.68.0" "5ab981ed-c95f-4730-8732-2fe6fd7f6208" )"
    R"("customer.default.svc.cluster.local:8080" "172.16.0.15:8080" )"
    R"(outbound|8080||customer.default.svc.cluster.local - 172.18.2.58:8080 192.168.205.6:34832 )"
    "- default";

TEST(AccessReader, ReadsALineOfAnotherMeshByItsFormat) {
  AccessReader reader(text_file(istio_format));
  ASSERT_TRUE(reader.can_read()) << reader.trouble();
  const auto line = reader.read(istio_line);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->code_number, 503);
  EXPECT_TRUE(line->has_flag("URX"));
  EXPECT_EQ(line->details, "upstream_reset_before_response_started{connection_failure}");
  EXPECT_EQ(line->bytes_sent, "91");
  EXPECT_EQ(line->duration_ms, 24255);
  EXPECT_EQ(line->upstream_service_time, "-");
  EXPECT_EQ(line->request_id, "5ab981ed-c95f-4730-8732-2fe6fd7f6208");
  EXPECT_EQ(line->upstream_host, "172.16.0.15:8080");
  EXPECT_EQ(line->start_ms, 1644413661473);
}

TEST(AccessReader, FindsTheDetailsBehindTheDefaultFormat) {
  std::string format = default_format;
  format.insert(format.size() - 1, " \"%RESPONSE_CODE_DETAILS%\"");
  AccessReader reader(text_file(format));
  const auto line = reader.read(
      R"([2026-01-05T12:00:00.000Z] "GET /user HTTP/1.1" 503 LR 0 84 1000 - "-" "python" "id" )"
      R"("b.local:8080" "10.0.1.11:8080" "upstream_reset_before_response_started{local reset}")");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->details, "upstream_reset_before_response_started{local reset}");
  EXPECT_EQ(line->path, "/user");
}

TEST(AccessReader, TakesTheInstantFromTheFirstOfTwoTimes) {
  std::string format = default_format;
  format.insert(format.size() - 1, " %START_TIME(%s)%");
  AccessReader reader(text_file(format));
  ASSERT_TRUE(reader.can_read()) << reader.trouble();
  const auto line = reader.read(
      R"([2026-01-05T12:00:00.250Z] "GET /user HTTP/1.1" 200 - 0 84 10 9 "-" "python" "id" )"
      R"("b.local:8080" "10.0.1.11:8080" 1767614400)");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->start_ms, 1767614400250);
}

TEST(AccessReader, WithoutAFormatReadsEnvoysOwn) {
  AccessReader reader{AccessLogFile{}};
  EXPECT_TRUE(reader.read(
      R"([2020-01-23T16:32:40.781Z] "GET / HTTP/1.1" 200 - 0 5 0 0 "-" "Go-http-client/1.1" )"
      R"("0ed75cb8-a563-9ca3-8ff0-2d8eab307e3e" "colorteller.appmesh-demo:9080" )"
      R"("127.0.0.1:9080")"));
  EXPECT_FALSE(reader.read("[2020-01-23 16:32:40.781][1][info][main] starting"));
}

AccessLogFile json_file() {
  AccessLogFile file;
  const auto add = [&](const char* key, const char* value) {
    file.json.emplace_back(key, FormatText{{}, value});
  };
  add("at", "%START_TIME(%s.%3f)%");
  add("took", "%DURATION%");
  add("code", "%RESPONSE_CODE%");
  add("flags", "%RESPONSE_FLAGS%");
  add("what", "%REQ(:METHOD)% %REQ(HOST)%%REQ(:PATH)%");
  add("to", "%REQ(:AUTHORITY)%");
  add("id", "%REQ(X-REQUEST-ID)%");
  add("host", "%UPSTREAM_HOST%");
  return file;
}

TEST(AccessReader, ReadsJsonWithTextOrNumbers) {
  AccessLogFile file = json_file();
  file.json[4].second.text = "%REQ(:METHOD)% %REQ(:PATH)%";
  AccessReader reader(file);
  ASSERT_TRUE(reader.can_read()) << reader.trouble();
  const auto line = reader.read(
      R"({"at":"1644413661.473","took":12,"code":"200","flags":"-","what":"GET \/a\"b","to":)"
      R"("b.local","id":"x","host":null})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->start_ms, 1644413661473);
  EXPECT_EQ(line->duration_ms, 12);
  EXPECT_EQ(line->path, "/a\"b");
  EXPECT_EQ(line->upstream_host, "-");
  EXPECT_FALSE(reader.read(R"({"level":"info","status":200})"));
}

TEST(AccessReader, SaysWhatAFormatLacks) {
  const auto trouble_of = [](const std::string& format) {
    return AccessReader(text_file(format)).trouble();
  };
  EXPECT_EQ(trouble_of("%START_TIME% %RESPONSE_CODE% %RESPONSE_FLAGS% %REQ(:AUTHORITY)% "
                       "%REQ(X-REQUEST-ID)%\n"),
            "has no %DURATION%, %UPSTREAM_HOST%");
  EXPECT_EQ(trouble_of("%REQ(X-REQUEST-ID):8% %START_TIME% %DURATION% %RESPONSE_CODE% "
                       "%RESPONSE_FLAGS% %REQ(:AUTHORITY)% %UPSTREAM_HOST%\n"),
            "has no %REQ(X-REQUEST-ID)%");
  EXPECT_EQ(trouble_of("%PROTOCOL%%DURATION%\n"),
            "has nothing between %DURATION% and what stands before it");
  EXPECT_EQ(trouble_of("%PROTOCOL%"), "does not end its lines");
  EXPECT_EQ(trouble_of("%START_TIME(%H:%M)%\n"),
            "has a %START_TIME% that does not tell the instant");
  EXPECT_EQ(AccessReader(json_file()).trouble(),
            "has nothing between %REQ% and what stands before it");
}

}  // namespace
