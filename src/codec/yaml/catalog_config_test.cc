#include "codec/yaml/catalog_config.h"

#include <gtest/gtest.h>

#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Properties = std::map<std::string, std::string>;

class CatalogConfigTest : public testing::Test {
 protected:
  // Reads a configuration file with this text, under this environment.
  Result<CatalogConfig> Read(const std::string& text, const Properties& environment = {}) const {
    folder_.Write("home/.pyiceberg.yaml", text);
    return ReadCatalogConfig(*store_, {environment, folder_.At("home"), ""});
  }

  std::string FailureOf(const std::string& text) const {
    const Result<CatalogConfig> config = Read(text);
    return config.ok() ? "no error" : config.error().ToString();
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(CatalogConfigTest, ReadsTheFile) {
  const auto config = Read(
      "default-catalog: Prod\n"
      "max-workers: 8\n"
      "catalog:\n"
      "  Prod:\n"
      "    URI: sqlite:////a b/c.db\n"
      "    warehouse: 'file:///w'\n"
      "    s3.region: no\n"
      "    number: 007\n"
      "    empty:\n"
      "    s3:\n"
      "      endpoint: http://x\n"
      "    scopes: [a, b]\n"
      "  bare:\n");
  ASSERT_TRUE(config.ok()) << config.error();
  EXPECT_EQ(config->default_catalog, "Prod");
  const Properties expected{{"uri", "sqlite:////a b/c.db"},
                            {"warehouse", "file:///w"},
                            {"s3.region", "no"},
                            {"number", "007"},
                            {"empty", ""},
                            {"s3.endpoint", "http://x"}};
  EXPECT_EQ(config->PropertiesOf("prod"), expected);
  EXPECT_EQ(config->PropertiesOf("PROD"), expected);
  EXPECT_EQ(config->PropertiesOf("bare"), Properties{});
  EXPECT_EQ(config->PropertiesOf("absent"), Properties{});
}

TEST_F(CatalogConfigTest, TheEnvironmentGoesBeforeTheFile) {
  const auto config = Read("catalog:\n  my-lake:\n    uri: from-file\n    owner: me\n",
                           {{"PYICEBERG_CATALOG__MY_LAKE__URI", "from-environment"},
                            {"PYICEBERG_CATALOG__MY_LAKE__S3__ACCESS_KEY_ID", "key"},
                            {"pyiceberg_catalog__other__py_io_impl", "x"},
                            {"PYICEBERG_DEFAULT_CATALOG", "my-lake"},
                            {"PYICEBERG_CATALOG__NO_KEY", "ignored"},
                            {"PYICEBERG_MAX_WORKERS", "8"},
                            {"PATH", "/bin"}});
  ASSERT_TRUE(config.ok()) << config.error();
  EXPECT_EQ(
      config->PropertiesOf("my-lake"),
      (Properties{{"uri", "from-environment"}, {"owner", "me"}, {"s3.access-key-id", "key"}}));
  EXPECT_EQ(config->PropertiesOf("other"), (Properties{{"py-io-impl", "x"}}));
  EXPECT_EQ(config->default_catalog, "my-lake");
  EXPECT_EQ(config->catalogs.size(), 2U);
}

TEST_F(CatalogConfigTest, TakesTheFirstFileThatSaysSomething) {
  const auto text = [](const std::string& uri) { return "catalog:\n  c:\n    uri: " + uri + "\n"; };
  folder_.Write("configured/.pyiceberg.yaml", text("configured"));
  folder_.Write("home/.pyiceberg.yaml", text("home"));
  folder_.Write("work/.pyiceberg.yaml", text("work"));
  ConfigSources sources{
      {{"PYICEBERG_HOME", folder_.At("configured")}}, folder_.At("home"), folder_.At("work")};
  const auto uri = [&] { return ReadCatalogConfig(*store_, sources)->PropertiesOf("c").at("uri"); };
  EXPECT_EQ(uri(), "configured");
  sources.environment.clear();
  EXPECT_EQ(uri(), "home");
  folder_.Write("home/.pyiceberg.yaml", "# nothing yet\n");
  EXPECT_EQ(uri(), "work");
  EXPECT_EQ(*ReadCatalogConfig(*store_, {}), CatalogConfig{});
}

TEST_F(CatalogConfigTest, NamesFileAndLineOfAFault) {
  const std::string start = "InvalidArgument: " + folder_.At("home/.pyiceberg.yaml") + ": ";
  EXPECT_TRUE(FailureOf("catalog: [1\n").starts_with(start + "not valid YAML: "));
  EXPECT_EQ(FailureOf("- a\n"), start + "line 1: the file must be a mapping");
  EXPECT_EQ(FailureOf("catalog: x\n"),
            start + "line 1: 'catalog' must have names of catalogs below it");
  EXPECT_EQ(FailureOf("catalog:\n  c: x\n"),
            start + "line 2: catalog 'c' must have properties below it");
  EXPECT_EQ(FailureOf("catalog:\n  c:\n    uri: a\n    URI: b\n"),
            start + "line 4: 'uri' comes twice");
  EXPECT_EQ(FailureOf("catalog:\n  c:\n    uri: a\n  C:\n    uri: b\n"),
            start + "line 4: catalog 'c' comes twice");
}

TEST_F(CatalogConfigTest, ShowsTheSourcesOfThisProcess) {
  ::setenv("PYICEBERG_CATALOG__FROM_TEST__URI", "a=b", 1);
  const ConfigSources sources = ProcessConfigSources();
  ::unsetenv("PYICEBERG_CATALOG__FROM_TEST__URI");
  EXPECT_EQ(sources.environment.at("PYICEBERG_CATALOG__FROM_TEST__URI"), "a=b");
  EXPECT_EQ(sources.working_folder, std::filesystem::current_path().string());
}

}  // namespace
}  // namespace icefield
