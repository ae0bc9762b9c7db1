import io.trino.sql.parser.ParsingException;
import io.trino.sql.parser.SqlParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Parses every .sql file of a folder with Trino's own parser: java -cp 'jars/*' ParseSql.java FOLDER */
public class ParseSql {
  public static void main(String[] args) throws Exception {
    SqlParser parser = new SqlParser();
    int parsed = 0;
    int failed = 0;
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".sql")).sorted().toList()) {
        try {
          parser.createStatement(Files.readString(file));
          parsed++;
        } catch (ParsingException error) {
          failed++;
          System.err.println(file + ": " + error.getMessage());
        }
      }
    }
    System.out.println(parsed + " statements parsed, " + failed + " refused");
    System.exit(failed == 0 && parsed > 0 ? 0 : 1);
  }
}
