#include "tasker/config/secrets.hpp"

#include <gtest/gtest.h>

namespace tasker::config {
namespace {

TEST(MaskSecrets, HidesThePasswordOfAUri) {
    EXPECT_EQ(mask_secrets("postgresql://ann:s3cret@db:5432/tasker"),
              "postgresql://ann:***@db:5432/tasker");
    EXPECT_EQ(mask_secrets("postgresql://ann:@db/tasker"), "postgresql://ann:***@db/tasker");
    EXPECT_EQ(mask_secrets("postgresql://ann:a:b@h1:1,h2:2/tasker?sslmode=require"),
              "postgresql://ann:***@h1:1,h2:2/tasker?sslmode=require");
}

TEST(MaskSecrets, HidesPasswordsAmongTheParametersOfAUri) {
    EXPECT_EQ(mask_secrets("postgresql://db/tasker?user=ann&password=s3cret&sslpassword=x&a=b"),
              "postgresql://db/tasker?user=ann&password=***&sslpassword=***&a=b");
}

TEST(MaskSecrets, HidesAPasswordThatNeededEscapesAndHasNone) {
    EXPECT_EQ(mask_secrets("postgresql://ann:p@ss/w0rd@db/tasker"),
              "postgresql://ann:***@db/tasker");
}

TEST(MaskSecrets, HidesAPasswordWithAnyCharacterThatLibpqAccepts) {
    for (auto const* uri :
         {"postgresql://ann:S3?cret@127.0.0.1:1/app", "postgresql://ann:?S3cret@db/app",
          "postgresql://ann:S3?x&cret@db/app", "postgresql://ann:S3#cret@db/app",
          "postgresql://ann:x?password=S3@cret@db/app", "postgresql://db/app?password=S3@cret",
          "postgresql://a@db/app?password=S3cret&x=1:2@3",
          "postgresql://db/app?pass%77ord=S3cret"}) {
        auto const masked = mask_secrets(uri);
        EXPECT_EQ(masked.find("S3"), std::string::npos) << masked;
    }
    EXPECT_EQ(mask_secrets("postgresql://ann:S3?cret@127.0.0.1:1/app"),
              "postgresql://ann:***@127.0.0.1:1/app");
}

TEST(MaskSecrets, LeavesAUriWithoutAPasswordAsItIs) {
    for (auto const* uri :
         {"postgresql://db:5432/tasker", "postgresql://ann@db/tasker",
          "postgresql:///tasker?host=/run/pg&port=5433", "http://127.0.0.1:8080"}) {
        EXPECT_EQ(mask_secrets(uri), uri);
    }
}

TEST(MaskSecrets, HidesThePasswordOfKeysAndValues) {
    EXPECT_EQ(mask_secrets("host=db password=s3cret user=ann"), "host=db password=*** user=ann");
    EXPECT_EQ(mask_secrets("host=db  password = s3cret user=ann"),
              "host=db  password = *** user=ann");
    EXPECT_EQ(mask_secrets(R"(password='a \' b' sslpassword=x\ y port=1)"),
              "password=*** sslpassword=*** port=1");
    EXPECT_EQ(mask_secrets("password='open to the end"), "password=***");
    EXPECT_EQ(mask_secrets("password="), "password=***");
}

TEST(MaskSecrets, LeavesKeysAndValuesWithoutAPasswordAsTheyAre) {
    for (auto const* dsn : {"", "host=/run/pg dbname=tasker", "host='a b' user=ann  "}) {
        EXPECT_EQ(mask_secrets(dsn), dsn);
    }
}

TEST(MaskSecrets, HidesWhateverItCannotRead) {
    EXPECT_EQ(mask_secrets("s3cret"), "***");
    EXPECT_EQ(mask_secrets("host=db s3cret"), "host=db ***");
}

} // namespace
} // namespace tasker::config
