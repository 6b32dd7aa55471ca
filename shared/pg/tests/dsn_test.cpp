#include "tasker/pg/dsn.hpp"

#include <gtest/gtest.h>

namespace tasker::pg {
namespace {

TEST(Dsn, IsDescribedByHostPortDatabaseAndUser) {
    EXPECT_EQ(describe_dsn("postgresql://ann:s3cret@db:5432/app?sslmode=require&sslpassword=s3"),
              "host=db port=5432 dbname=app user=ann");
    EXPECT_EQ(describe_dsn("host=/run/pg password='s3 \\' cret' user = ann"),
              "host=/run/pg user=ann");
    EXPECT_EQ(describe_dsn("postgresql://ann:a:b@h1:1,h2:2/app"),
              "host=h1,h2 port=1,2 dbname=app user=ann");
    EXPECT_EQ(describe_dsn("postgresql://[::1]:5/app"), "host=::1 port=5 dbname=app");
    EXPECT_EQ(describe_dsn(""), "(libpq's defaults)");
}

TEST(Dsn, ShowsNoPartOfAPasswordInAnySpelling) {
    for (std::string const dsn : {"postgresql://ann:S3?cret@127.0.0.1:1/app",
                                  "postgresql://ann:?S3cret@db/app",
                                  "postgresql://ann:S3?x&cret@db/app",
                                  "postgresql://ann:S3#cret@db/app",
                                  "postgresql://ann:S3@cret@db/app",
                                  "postgresql://ann:S3/cret@db/app",
                                  "postgresql://ann:12/S3@db/app",
                                  "postgresql://ann:p@S3/w0rd@db/app",
                                  "postgresql://ann:p@S3:1/w0rd@db/app",
                                  "postgresql://ann:p@x:S3/w0rd@db/app",
                                  "postgresql://ann:x?password=S3@cret@db/app",
                                  "postgresql://ann:p@x?S3=1@db/app",
                                  "postgresql://ann:12/app?user=S3@db/app",
                                  "postgresql://db/app?password=S3@cret",
                                  "postgresql://db/app?pass%77ord=S3cret",
                                  "postgresql://ann:S3%zz@db/app",
                                  "S3cret",
                                  "host=db S3cret",
                                  "password='S3 open to the end",
                                  "host=db dbname=postgresql://ann:S3@h/x"}) {
        EXPECT_EQ(describe_dsn(dsn).find("S3"), std::string::npos) << dsn;
        if (auto const parsed = parse_dsn(dsn); !parsed) {
            EXPECT_EQ(parsed.error().code, tasker::errc::invalid_argument);
            EXPECT_EQ(parsed.error().message.find("S3"), std::string::npos) << dsn;
        }
    }
}

TEST(Dsn, IsRefusedIfLibpqReadsOnlyAPartOfThePassword) {
    for (std::string const dsn :
         {"postgresql://ann:S3@cret@db/app", "postgresql://ann:S3/cret@db/app",
          "postgresql://ann:12/S3@db/app", "postgresql://ann:p@x:S3/w0rd@db/app"}) {
        auto const parsed = parse_dsn(dsn);
        ASSERT_FALSE(parsed) << dsn;
        EXPECT_NE(parsed.error().message.find("write @ as %40"), std::string::npos);
    }
}

TEST(Dsn, AcceptsEveryPasswordThatLibpqReadsCompletely) {
    EXPECT_EQ(parse_dsn("postgresql://ann:S3?c#t@db/app")->at("password"), "S3?c#t");
    EXPECT_EQ(parse_dsn("postgresql://ann:p%40s%2F@db/app")->at("password"), "p@s/");
    EXPECT_EQ(parse_dsn("postgresql://db/app?user=a@b&password=x@y")->at("user"), "a@b");
    EXPECT_EQ(parse_dsn("host=@abstract,@two dbname=x")->at("host"), "@abstract,@two");
}

TEST(Dsn, OfAPoolerThatRefusesItsOptionsIsAPermanentError) {
    auto const refused = final_refusal("connection to server at \"127.0.0.1\", port 6432 failed: "
                                       "FATAL:  unsupported startup parameter: options");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, tasker::errc::invalid_argument);
    EXPECT_NE(refused->message.find("ignore_startup_parameters"), std::string::npos);
    EXPECT_FALSE(final_refusal("FATAL:  the database system is starting up"));
}

} // namespace
} // namespace tasker::pg
