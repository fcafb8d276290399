// SPDX-License-Identifier: Apache-2.0
// Offsets in the file `offset.storage.file.filename`, replaced as a whole. Kafka Connect's own file
// store is emptied before it is written: killed in between, it forgets where the connector was.

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

public final class AtomicFileOffsets extends MemoryOffsetBackingStore {
    private Path file;

    @Override
    public void configure(WorkerConfig config) {
        super.configure(config);
        file = Path.of((String) config.originals().get("offset.storage.file.filename"));
    }

    @Override
    @SuppressWarnings("unchecked")
    public synchronized void start() {
        super.start();
        if (!Files.exists(file)) {
            return;
        }
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            ((Map<byte[], byte[]>) in.readObject()).forEach(
                    (key, value) -> data.put(ByteBuffer.wrap(key), ByteBuffer.wrap(value)));
        } catch (IOException | ClassNotFoundException e) {
            throw new ConnectException(e);
        }
    }

    @Override
    protected void save() {
        Map<byte[], byte[]> raw = new HashMap<>();
        data.forEach((key, value) -> raw.put(key.array(), value.array()));
        Path next = Path.of(file + ".next");
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(next))) {
            out.writeObject(raw);
            out.close();
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new ConnectException(e);
        }
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }
}
